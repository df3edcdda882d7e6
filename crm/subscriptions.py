"""Subscriptions: what is due, renewing it once, stopping it, and what they bring in each month.

subscriptions.renew(one, at=now)          # Writes the purchase down and moves to the next day.
subscriptions.monthly(Subscription.objects.running())
"""

from __future__ import annotations

import calendar
from datetime import date, datetime, time, timedelta
from decimal import Decimal

from django.db import transaction
from django.db.models import F, Q, QuerySet, Sum
from django.utils.translation import gettext as _

from crm import ledger, sales
from crm.errors import Refusal
from crm.models import Business, Customer, Interaction, Purchase, Subscription

State, Interval = Subscription.State, Subscription.Interval
DAYS = {Interval.WEEK: 7, Interval.FORTNIGHT: 14, Interval.FOUR_WEEKS: 28}
MONTHS = {
    Interval.MONTH: 1,
    Interval.TWO_MONTHS: 2,
    Interval.QUARTER: 3,
    Interval.HALF_YEAR: 6,
    Interval.YEAR: 12,
}
WEEKS_A_MONTH = Decimal(52) / 12
PER_MONTH = {
    **{interval: 7 * WEEKS_A_MONTH / days for interval, days in DAYS.items()},
    **{interval: Decimal(1) / months for interval, months in MONTHS.items()},
}
SOURCE = "subscription"
MOST_AT_ONCE = 120  # Renewals of one subscription in one night; the rest waits for the next.
MOST_YEARS = 100


def following(day: date, interval: str, anchor: int) -> date:
    """The renewal after `day`; on the last day of a month that has no day `anchor`."""
    if interval in DAYS:
        return day + timedelta(days=DAYS[Interval(interval)])
    months = day.year * 12 + day.month - 1 + MONTHS[Interval(interval)]
    year, month = divmod(months, 12)
    return date(year, month + 1, min(anchor, calendar.monthrange(year, month + 1)[1]))


@transaction.atomic
def start(one: Subscription, *, at: datetime) -> Subscription:
    """Save a new subscription and tell of it."""
    one.anchor_day = one.renews_on.day
    one.state_at = at
    one.save()
    _tell(one, "started", at)
    return one


@transaction.atomic
def renew(one: Subscription, *, due: date, at: datetime) -> Purchase | None:
    """Write down the renewal of the day `due` and move on; None when somebody else did it before.

    The purchase stands on the day it was due, or on today when a person renews early.
    """
    business = Business.current()
    moved = Subscription.objects.running().filter(pk=one.pk, renews_on=due)
    if not moved.update(renews_on=following(due, one.interval, one.anchor_day)):
        return None
    day = min(due, business.today(at))
    purchase = sales.write_down(
        one.customer,
        [sales.Line(one.product.sku, Decimal(1), one.amount)],
        key=f"renewal:{one.pk}:{due.isoformat()}",
        at=at if day == business.today(at) else datetime.combine(day, time(12), business.zone),
        currency=business.currency,
        channel=SOURCE,
    )
    one.refresh_from_db(fields=["renews_on", "state"])
    _end_if_over(one, at)
    return purchase


def renew_due(at: datetime) -> int:
    """Renew what is due and renews by itself; what was missed is made up for, each day once."""
    today, count = Business.current().today(at), 0
    due = Subscription.objects.running().filter(renews_on__lte=today)
    over = due.filter(ends_on__lt=F("renews_on"))
    for one in over.select_related("customer", "product")[:10_000]:
        _end_if_over(one, at)
    for pk in list(due.filter(renews_itself=True).values_list("pk", flat=True)):
        count += _catch_up(pk, today, at)
    return count


def _catch_up(pk: int, today: date, at: datetime) -> int:
    for count in range(MOST_AT_ONCE):
        rows = Subscription.objects.running().filter(pk=pk, renews_on__lte=today)
        one = rows.select_related("customer", "product").first()
        if one is None or renew(one, due=one.renews_on, at=at) is None:
            return count
    return MOST_AT_ONCE


def pause(one: Subscription, *, at: datetime, reason: str = "") -> None:
    _move(one, (State.ACTIVE,), State.PAUSED, at, reason)


def resume(one: Subscription, *, at: datetime) -> None:
    """Go on; renewals that fell into the pause are not asked for."""
    today = Business.current().today(at)
    with transaction.atomic():
        _move(one, (State.PAUSED,), State.ACTIVE, at, "")
        if one.renews_on < today:
            Subscription.objects.filter(pk=one.pk).update(renews_on=today, anchor_day=today.day)
        one.refresh_from_db(fields=["renews_on", "anchor_day"])


def cancel(one: Subscription, *, at: datetime, reason: str = "") -> None:
    _move(one, (State.ACTIVE, State.PAUSED), State.CANCELLED, at, reason)


def _end_if_over(one: Subscription, at: datetime) -> None:
    if one.ends_on and one.renews_on > one.ends_on and one.state == State.ACTIVE:
        _move(one, (State.ACTIVE,), State.ENDED, at, "")


@transaction.atomic
def _move(one: Subscription, froms: tuple[str, ...], to: str, at: datetime, reason: str) -> None:
    rows = Subscription.objects.filter(pk=one.pk, state__in=froms)
    if not rows.update(state=to, state_at=at, reason=reason):
        raise Refusal(_("That is not possible any more. Please look at the subscription once more."))
    one.state, one.state_at, one.reason = to, at, reason
    _tell(one, "resumed" if to == State.ACTIVE else to, at)


def _tell(one: Subscription, what: str, at: datetime) -> None:
    entry = Interaction(
        customer_id=one.customer_id,
        kind=f"subscription_{what}",
        at=at,
        source=SOURCE,
        key=f"{one.pk}:{what}:{at.isoformat()}",
        subject=f"{SOURCE}:{one.pk}",
        title=one.product.name[:250],
        properties={"reason": one.reason} if one.reason else {},
    )
    ledger.record([entry])


def monthly(rows: QuerySet[Subscription]) -> Decimal:
    """What these bring in on average in a month; one query."""
    sums = rows.order_by().values_list("interval").annotate(sum=Sum("amount"))
    total = sum((amount * PER_MONTH[Interval(interval)] for interval, amount in sums), Decimal(0))
    return total.quantize(Decimal("0.01"))


def due_within(rows: QuerySet[Subscription], today: date, days: int) -> QuerySet[Subscription]:
    """Of these, what renews from today on within so many days; what is late counts too."""
    return rows.filter(state=State.ACTIVE, renews_on__lte=today + timedelta(days=days))


def renewals(one: Subscription) -> QuerySet[Purchase]:
    """Its purchases, newest first, with what was refunded."""
    return Purchase.objects.filter(key__startswith=f"renewal:{one.pk}:").order_by("-bought_at", "-pk")


def of(customer: Customer) -> QuerySet[Subscription]:
    """The subscriptions of a customer, running ones first."""
    order = Q(state=State.ACTIVE)
    rows = Subscription.objects.filter(customer=customer).select_related("product")
    return rows.annotate(runs=order).order_by("-runs", "renews_on", "pk")
