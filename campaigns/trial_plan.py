"""What a test can find out with this list, said before it begins; and what can be done when it cannot."""

from __future__ import annotations

import math
from dataclasses import dataclass

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.templatetags.crm_format import number
from segments.numerics import trials

MOST_CAMPAIGNS = 24  # More would take longer than the answer is worth.


@dataclass(frozen=True, slots=True)
class Plan:
    """`needed` and `possible` are people per version, `smallest` the difference that can be seen at all."""

    arms: int
    base: float
    worth: float
    needed: int
    possible: int
    smallest: float

    @property
    def is_enough(self) -> bool:
        return self.possible >= self.needed

    @property
    def campaigns(self) -> int:
        """So many campaigns of this size, tested with the same idea, would answer it together."""
        return math.ceil(self.needed / self.possible) if self.possible else 0

    @property
    def finding(self) -> str:
        words = {
            "needed": number(self.needed),
            "possible": number(self.possible),
            "base": points(self.base),
            "other": points(self.base + self.worth),
            "smallest": points(self.base + self.smallest),
        }
        if self.is_enough:
            return (
                _(
                    "This can be found out: telling %(base)s %% from %(other)s %% takes %(needed)s people in"
                    " each version, and you have %(possible)s."
                )
                % words
            )
        return (
            _(
                "This cannot be settled with one sending: telling %(base)s %% from %(other)s %% takes"
                " %(needed)s people in each version, and you have %(possible)s. With so few only a rise from"
                " %(base)s %% to %(smallest)s %% or more would show."
            )
            % words
        )

    @property
    def ways(self) -> list[str]:
        """What can be done instead, the most useful first."""
        if self.is_enough:
            return []
        found = []
        if 1 < self.campaigns <= MOST_CAMPAIGNS:
            found.append(
                ngettext(
                    "Try the same idea again: %(n)s campaign of this size answers it together. Give the idea"
                    " the same name each time.",
                    "Try the same idea again: %(n)s campaigns of this size answer it together. Give the idea"
                    " the same name each time.",
                    self.campaigns,
                )
                % {"n": number(self.campaigns)}
            )
        if self.arms > 2:
            found.append(_("Compare two versions only, so that each gets more people."))
        found.append(
            _("Let everybody take part (100 %) and learn from it, without waiting for a winner to send.")
        )
        found.append(_("Try something bolder: a large difference shows with few people."))
        found.append(_("Or choose by taste. “No winner” is an honest answer, and costs nothing."))
        return found


def plan(people: int, arms: int, share: float, base: float, worth: float) -> Plan:
    """What `share` of so many people, in equal arms, can show of a share that is usually `base`."""
    possible = int(people * share) // max(arms, 1)
    other = min(base + worth, 1.0)
    needed = trials.sample_size(base, other)
    return Plan(arms, base, worth, needed, possible, trials.smallest_difference(base, possible))


def points(share: float) -> str:
    return number(round(100 * share, 2), 1 if share >= 0.1 else 2)
