"""Who stood in each segment when the mails of the invented shop began, so that effects show by segment."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import date, datetime, timedelta

from django.utils import timezone

from campaigns.models import Campaign
from crm.models import Business, Customer
from segments.models import Membership, Segment
from segments.rules.compile import to_q
from segments.rules.parsing import effective
from segments.rules.preview import Reads, at, reads
from segments.rules.tree import Node

WEEKS = 13

type Members = dict[int, set[int]]  # By segment.


def remember() -> None:
    """Memberships of the days before each mail and of the last weeks, as the rules would have found them."""
    business = Business.current()
    rules = {one.pk: effective(one) for one in Segment.objects.filter(is_demo=True, kind=Segment.Kind.RULE)}
    begun = Campaign.objects.filter(is_demo=True, started_at__isnull=False).order_by("started_at")
    mailed = [start - timedelta(minutes=1) for start in begun.values_list("started_at", flat=True) if start]
    now = timezone.now()
    weekly = [now - timedelta(days=1, weeks=week) for week in range(WEEKS)]  # By which growth is judged.
    moments = sorted([*mailed, *weekly])
    found = [
        (moment, _members(rules, business.today(moment) - timedelta(days=1), business)) for moment in moments
    ]
    for segment in rules:
        _keep(segment, [(moment, members[segment]) for moment, members in found])


def _members(rules: dict[int, Node], day: date, business: Business) -> Members:
    wanted = Reads()
    for node in rules.values():
        wanted |= reads(node)
    with at(day, business, wanted) as moment:
        return {
            pk: set(Customer.objects.filter(to_q(node, moment)).values_list("pk", flat=True))
            for pk, node in rules.items()
        }


def _keep(segment: int, then: Iterable[tuple[datetime, set[int]]]) -> None:
    """Stays from the first day on which somebody was found until the first on which they were not."""
    since: dict[int, datetime] = {}
    past: list[Membership] = []
    for moment, members in then:
        past += [_stay(segment, one, since.pop(one), moment) for one in since.keys() - members]
        since |= dict.fromkeys(members - since.keys(), moment)
    now = {one.customer_id: one for one in Membership.objects.filter(segment=segment, left_at=None)}
    for customer, moment in since.items():
        if customer in now:
            now[customer].entered_at = moment
        else:
            past.append(_stay(segment, customer, moment, moment + timedelta(days=14)))
    Membership.objects.bulk_update(now.values(), ["entered_at"], batch_size=500)
    Membership.objects.bulk_create(past, batch_size=2000)


def _stay(segment: int, customer: int, entered_at: datetime, left_at: datetime) -> Membership:
    return Membership(segment_id=segment, customer_id=customer, entered_at=entered_at, left_at=left_at)
