"""What a comparison of shares says in plain words."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.errors import Refusal
from segments.numerics import comparing
from segments.numerics.late import late

stats = late("scipy.stats")

SURE = 0.05
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


def ab_test(successes: Sequence[int], trials: Sequence[int]) -> dict[str, Any]:
    """Compare the arms with the first; difference and interval are of the best of the others.

    With more than two arms the p-value is that of any difference at all (χ²), which for two is the pooled z.
    """
    _check(successes, trials)
    base = (successes[0], trials[0])
    others = [
        comparing.shares((base[0], x), (base[1], n)) for x, n in zip(successes[1:], trials[1:], strict=True)
    ]
    holm = comparing.holm([one.p_value for one in others])
    best = max(range(len(others)), key=lambda place: others[place].difference)
    p_value = others[0].p_value if len(others) == 1 else _any_difference(successes, trials)
    _chi, split_p = comparing.split_chance(trials)
    return {
        "p_value": p_value,
        "difference": others[best].difference,
        "interval": list(others[best].interval),
        "win_probability": comparing.win_chances(successes, trials),
        "sample_ratio_p": split_p,
        "verdict": _verdict(others, holm, split_p),
        "arms": [
            {"arm": LETTERS[place], **asdict(one), "holm_p_value": p}
            for place, (one, p) in enumerate(zip(others, holm, strict=True), 1)
        ],
    }


def _check(successes: Sequence[int], trials: Sequence[int]) -> None:
    if len(successes) != len(trials):
        raise Refusal(_("Please give as many successes as trials."))
    if not 2 <= len(trials) <= len(LETTERS):
        raise Refusal(_("A comparison needs 2 to %(most)d arms.") % {"most": len(LETTERS)})
    for letter, x, n in zip(LETTERS, successes, trials, strict=False):
        if n <= 0:
            raise Refusal(_("Arm %(arm)s has no trials, so it cannot be compared.") % {"arm": letter})
        if not 0 <= x <= n:
            raise Refusal(
                ngettext(
                    "Arm %(arm)s: the successes must lie between 0 and its %(trials)d trial.",
                    "Arm %(arm)s: the successes must lie between 0 and its %(trials)d trials.",
                    n,
                )
                % {"arm": letter, "trials": n}
            )


def _any_difference(successes: Sequence[int], trials: Sequence[int]) -> float:
    failures = [n - x for x, n in zip(successes, trials, strict=True)]
    if not sum(successes) or not sum(failures):
        return 1.0
    return float(stats.chi2_contingency([list(successes), failures], correction=False).pvalue)


def _verdict(others: Sequence[comparing.Difference], holm: Sequence[float], split_p: float) -> str:
    if split_p >= comparing.UNFAIR:
        return _winner(others, holm)
    doubt = _(
        "The arms differ in size more than chance explains: if they were meant to be equal, find out why"
        " before you believe any difference."
    )
    return f"{_winner(others, holm)} {doubt}"


def _winner(others: Sequence[comparing.Difference], holm: Sequence[float]) -> str:
    surely = [(one.difference, place) for place, one in enumerate(others, 1) if holm[place - 1] <= SURE]
    better = [pair for pair in surely if pair[0] > 0]
    if better:
        return _("%(arm)s did better than A, by more than chance explains.") % {
            "arm": LETTERS[max(better)[1]]
        }
    if len(surely) == len(others):
        return _("A did better than every other arm, by more than chance explains.")
    if surely:
        worse = ", ".join(LETTERS[place] for _difference, place in surely)
        return _("A did better than %(arms)s; nothing is certain about the others.") % {"arms": worse}
    return _(
        "No winner: a difference like this is often chance. Test with more people, or choose what you prefer."
    )
