"""Months of the shop as moments, and what was sold between two moments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Count, Exists, F, Max, OuterRef, Q, Sum

from crm.models import ImportBatch, Purchase, Refund

KEEP = 60  # Seconds that a figure may be old when nothing was sold since.
KEEP_PAST = 600


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment until before another."""

    start: datetime
    end: datetime

    def within(self, field: str) -> Q:
        return Q(**{f"{field}__gte": self.start, f"{field}__lt": self.end})


@dataclass(frozen=True, slots=True)
class Sold:
    """Charged for orders that were not cancelled, less what was given back in the same time; known customers
    who bought for the first time, and those who came again."""

    revenue: Decimal
    new: int
    again: int


def month_of(day: date, zone: ZoneInfo, back: int = 0) -> Period:
    """The calendar month of `day`, or the one `back` months before."""
    count = day.year * 12 + day.month - 1 - back
    first, following = date(count // 12, count % 12 + 1, 1), date((count + 1) // 12, (count + 1) % 12 + 1, 1)
    return Period(datetime.combine(first, time(), zone), datetime.combine(following, time(), zone))


def so_far(now: datetime, zone: ZoneInfo) -> tuple[Period, Period]:
    """This month until now, and the last one until the same day and time of day (its end at the latest)."""
    local = now.astimezone(zone)
    this, last = month_of(local.date(), zone), month_of(local.date(), zone, 1)
    passed = local.replace(tzinfo=None) - this.start.replace(tzinfo=None)
    until = (last.start.replace(tzinfo=None) + passed).replace(tzinfo=zone)
    return Period(this.start, now + timedelta(seconds=1)), Period(last.start, min(until, last.end))


def sold(period: Period) -> Sold:
    """Three queries along the index by time; one for many periods at once would be slower."""
    completed = Purchase.objects.filter(period.within("bought_at"), status=Purchase.Status.COMPLETED)
    counting = Q(refunded=0) | Q(refunded__lt=F("charged"))
    found = completed.aggregate(sum=Sum("charged"), buyers=Count("customer", filter=counting, distinct=True))
    back = Refund.objects.filter(period.within("refunded_at"))
    refunds = back.exclude(purchase__status=Purchase.Status.CANCELLED).aggregate(sum=Sum("amount"))["sum"]
    earlier = Purchase.objects.counting().filter(customer=OuterRef("customer"), bought_at__lt=period.start)
    first = completed.filter(counting, ~Exists(earlier)).aggregate(n=Count("customer", distinct=True))["n"]
    return Sold(Decimal(found["sum"] or 0) - Decimal(refunds or 0), first, found["buyers"] - first)


def remembered[T](name: str, make: Callable[[], T]) -> T:
    """A figure of sales, kept for a minute as long as no purchase or refund is added."""
    newest = Purchase.objects.aggregate(top=Max("pk"))["top"], Refund.objects.aggregate(top=Max("pk"))["top"]
    return _kept(f"{name}:{newest[0]}:{newest[1]}", KEEP, make)


def remembered_month(month: Period, now: datetime) -> Sold:
    """A month that is over changes by imports and rarely otherwise, so it is kept longer."""
    name = f"month:{month.start:%Y%m%d%H}"
    if month.end > now:
        return remembered(name, lambda: sold(month))
    imported = ImportBatch.objects.aggregate(last=Max("finished_at"))["last"]
    return _kept(f"{name}:{imported and imported.timestamp()}", KEEP_PAST, lambda: sold(month))


def _kept[T](key: str, seconds: int, make: Callable[[], T]) -> T:
    found: T | None = cache.get(f"home:{key}")
    if found is None:
        found = make()
        cache.set(f"home:{key}", found, seconds)
    return found
