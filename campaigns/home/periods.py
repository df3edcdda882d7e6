"""Months of the shop as moments, and what was sold between two moments."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from zoneinfo import ZoneInfo

from django.core.cache import cache
from django.db.models import Count, F, Max, Min, Q, Sum

from crm.models import Purchase, Refund

KEEP = 60  # Seconds that a figure may be old when nothing was sold since.


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


def sold(periods: Sequence[Period]) -> list[Sold]:
    """Figures of several periods in three queries, each reading its rows once."""
    known = Purchase.objects.counting().exclude(customer=None)
    firsts = known.values("customer").annotate(first=Min("bought_at"))
    start, end = min(one.start for one in periods), max(one.end for one in periods)
    sales = Purchase.objects.filter(bought_at__gte=start, bought_at__lt=end)
    back = Refund.objects.filter(refunded_at__gte=start, refunded_at__lt=end)
    back = back.exclude(purchase__status=Purchase.Status.CANCELLED)
    asked: dict[str, Sum | Count] = {}
    for n, one in enumerate(periods):
        completed = one.within("bought_at") & Q(status=Purchase.Status.COMPLETED)
        counting = completed & (Q(refunded=0) | Q(refunded__lt=F("charged")))
        asked[f"charged{n}"] = Sum("charged", filter=completed)
        asked[f"buyers{n}"] = Count("customer", filter=counting, distinct=True)
    found = sales.aggregate(**asked)
    refunds = back.aggregate(
        **{f"r{n}": Sum("amount", filter=one.within("refunded_at")) for n, one in enumerate(periods)}
    )
    new = firsts.aggregate(
        **{f"new{n}": Count("customer", filter=one.within("first")) for n, one in enumerate(periods)}
    )
    return [
        Sold(
            Decimal(found[f"charged{n}"] or 0) - Decimal(refunds[f"r{n}"] or 0),
            new[f"new{n}"],
            found[f"buyers{n}"] - new[f"new{n}"],
        )
        for n in range(len(periods))
    ]


def remembered[T](name: str, make: Callable[[], T]) -> T:
    """A figure of sales, kept for a minute as long as no purchase or refund is added."""
    newest = Purchase.objects.aggregate(top=Max("pk"))["top"], Refund.objects.aggregate(top=Max("pk"))["top"]
    key = f"home:{name}:{newest[0]}:{newest[1]}"
    found: T | None = cache.get(key)
    if found is None:
        found = make()
        cache.set(key, found, KEEP)
    return found
