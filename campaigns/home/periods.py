"""Months of the shop as moments, and what was sold between two moments."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Count, Exists, Max, OuterRef, Q, Sum

from crm.models import Purchase, Refund

KEEP = 60  # Seconds that a figure may be old when nothing was sold since.


@dataclass(frozen=True, slots=True)
class Period:
    """From a moment until before another."""

    start: datetime
    end: datetime

    @property
    def bought(self) -> Q:
        return Q(bought_at__gte=self.start, bought_at__lt=self.end)


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


def revenue(period: Period) -> Decimal:
    """Charged for orders that were not cancelled, less what was given back in the same time."""
    sold = Purchase.objects.filter(period.bought, status=Purchase.Status.COMPLETED)
    back = Refund.objects.filter(refunded_at__gte=period.start, refunded_at__lt=period.end)
    back = back.exclude(purchase__status=Purchase.Status.CANCELLED)
    charged = sold.aggregate(sum=Sum("charged"))["sum"] or Decimal(0)
    return Decimal(charged) - Decimal(back.aggregate(sum=Sum("amount"))["sum"] or 0)


def buyers(period: Period) -> tuple[int, int]:
    """Known customers who bought for the first time, and those who came again."""
    counting = Purchase.objects.counting().exclude(customer=None)
    earlier = Purchase.objects.counting().filter(customer=OuterRef("customer"), bought_at__lt=period.start)
    came = counting.filter(period.bought)
    everybody = came.aggregate(n=Count("customer", distinct=True))["n"]
    again = came.filter(Exists(earlier)).aggregate(n=Count("customer", distinct=True))["n"]
    return everybody - again, again


def remembered[T](name: str, make: Callable[[], T]) -> T:
    """A figure of sales, kept for a minute as long as no purchase or refund is added."""
    newest = Purchase.objects.aggregate(top=Max("pk"))["top"], Refund.objects.aggregate(top=Max("pk"))["top"]
    key = f"home:{name}:{newest[0]}:{newest[1]}"
    found: T | None = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, KEEP)
    return found
