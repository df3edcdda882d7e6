"""A segment on a past day: who was in it, and whom today's rule would have found then."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

from django.db.models import Min

from crm.models import Business, Customer
from segments import audience
from segments.models import Membership, Segment
from segments.rules.compile import to_q
from segments.rules.parsing import effective
from segments.rules.preview import at, planned_well, reads
from segments.rules.problems import InvalidRule


@dataclass(frozen=True, slots=True)
class ByRule:
    """`both`: in it then, and found by the rule; `only_rule` and `only_then` are the rest of each."""

    count: int
    both: int
    only_rule: int
    only_then: int


def first_count(segment: Segment, business: Business) -> date | None:
    """The day of the oldest membership: nothing is known of earlier ones."""
    first = Membership.objects.filter(segment=segment).aggregate(first=Min("entered_at"))["first"]
    return business.today(first) if first else None


def is_slow(segment: Segment) -> bool:
    """Whether scores of that day have to be worked out first."""
    try:
        return segment.kind == Segment.Kind.RULE and bool(reads(effective(segment)).scores)
    except InvalidRule:
        return False


def by_rule(segment: Segment, day: date, business: Business) -> ByRule:
    """What had happened by the end of the day, asked by the rule as it is now; nothing live is touched."""
    node = effective(segment)
    then = audience.members_on(segment, day, business)
    with at(day, business, reads(node)) as moment, planned_well():
        found = Customer.objects.filter(to_q(node, moment))
        count, both = found.count(), found.filter(pk__in=then.values("pk")).count()
    before = then.count()
    return ByRule(count, both, count - both, before - both)


__all__ = ["ByRule", "by_rule", "first_count", "is_slow"]
