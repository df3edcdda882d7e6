"""What else stands in the invented shop: subscriptions, senders, snippets."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from campaigns.demo import designs
from campaigns.demo.sales import Visit
from campaigns.models import Campaign, Snippet
from crm.models import Product, Sender, Subscription
from crm.subscriptions import following

PAUSED_EVERY = 14
SENDERS = ("Letters", "Service")


def subscribe(
    planned: Iterable[Visit], products: Mapping[str, Product], today: date, zone: ZoneInfo
) -> dict[int, int]:
    """One subscription for everybody who has one, from its deliveries: customer and subscription."""
    days: dict[int, tuple[Visit, date, date]] = {}
    for visit in planned:
        if visit.subscription and visit.person:
            first = days.get(visit.person.customer.pk, (visit, visit.day, visit.day))[1]
            days[visit.person.customer.pk] = (visit, first, visit.day)
    rows = []
    for n, (customer, (visit, first, last)) in enumerate(days.items(), 1):
        one = _subscription(n, first, last, today, zone)
        one.customer_id, one.product = customer, products[visit.subscription]
        one.amount = one.product.price or Decimal(0)
        rows.append(one)
    return {one.customer_id: one.pk for one in Subscription.objects.bulk_create(rows)}


def _subscription(n: int, first: date, last: date, today: date, zone: ZoneInfo) -> Subscription:
    next_on = following(last, Subscription.Interval.MONTH, first.day)
    one = Subscription(
        interval=Subscription.Interval.MONTH,
        started_on=first,
        renews_on=next_on,
        anchor_day=first.day,
        state_at=datetime.combine(first, time(11), zone),
        key=f"demo:{n}",
    )
    if next_on < today:
        one.state, one.reason = Subscription.State.CANCELLED, "Drinks less at home now"
        one.state_at = datetime.combine(last + timedelta(days=20), time(15), zone)
    elif n % PAUSED_EVERY == 0:
        one.state, one.reason = Subscription.State.PAUSED, "On holiday"
        one.state_at = datetime.combine(last + timedelta(days=1), time(15), zone)
    return one


def make_senders() -> None:
    """Two ways to write from the same shop; both through the connection of the installation."""
    letters, service = SENDERS
    common = {"from_email": "hello@example.com", "kind": Sender.Kind.SHOP}
    Sender.objects.bulk_create(
        [
            Sender(name=letters, from_name="Harbour & Leaf", is_usual=True, per_minute=600, **common),
            Sender(name=service, from_name="Olga and Sam from Harbour & Leaf", per_minute=60, **common),
        ],
        ignore_conflicts=True,
    )


def remove_senders() -> None:
    """Those that no campaign of the shop's own needs."""
    needed = Campaign.objects.exclude(sender=None).values("sender")
    invented = Sender.objects.filter(name__in=SENDERS, from_email__endswith="@example.com")
    invented.exclude(pk__in=needed).delete()


def make_snippets(now: datetime) -> None:
    Snippet.objects.bulk_create(
        [
            Snippet(name=name, place=place, mjml=mjml, is_demo=True, updated_at=now)
            for name, place, mjml in designs.SNIPPETS
        ],
        ignore_conflicts=True,
    )
