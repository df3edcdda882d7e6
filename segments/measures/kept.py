"""Figures over all purchases: counted when a page asks, or kept where the shop is too large for that.

kept.figures("cohorts.month", business, day).data
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from django.core.cache import cache
from django.db.models import Max
from django.utils import timezone
from django.utils.module_loading import import_string

from crm import analysis_day
from crm.models import Business, Purchase, Refund
from segments.models import KeptFigures

LIVE_UP_TO = 200_000  # Purchases.
SECONDS = 60
TURN = "figures:turn"
# What counts each kind; called with the business and the day, it gives something that JSON can hold.
COUNTS: dict[str, str] = {
    "cohorts.month": "segments.measures.cohorts.count_by_month",
    "cohorts.week": "segments.measures.cohorts.count_by_week",
    "sales.month": "segments.measures.series.count_by_month",
    "sales.week": "segments.measures.series.count_by_week",
    "measures.365": "segments.measures.counting.count_year",
    "measures.90": "segments.measures.counting.count_quarter",
}


@dataclass(frozen=True, slots=True)
class Figures:
    """`counted_at` is None where they were counted just now."""

    data: Any
    counted_at: datetime | None = None


def figures(name: str, business: Business, day: date) -> Figures:
    """By the end of `day`; a large shop has them as of the last refresh of that day."""
    newest = Purchase.objects.aggregate(top=Max("pk"))["top"], Refund.objects.aggregate(top=Max("pk"))["top"]
    if (newest[0] or 0) <= LIVE_UP_TO:
        turn = f"{cache.get(TURN)}:{business.time_zone}:{business.margin_percent}"
        key = f"figures:{name}:{day}:{turn}:{newest[0]}:{newest[1]}"
        found = cache.get(key)
        if found is None:
            found = _count(name, business, day)
            cache.set(key, found, SECONDS)
        return Figures(found)
    row = KeptFigures.objects.filter(name=name, as_of=day).first() or _keep(name, business, day)
    return Figures(row.data, row.counted_at)


def forget() -> None:
    """What figures rest on besides purchases has changed: the next page counts anew."""
    cache.set(TURN, timezone.now().timestamp(), None)
    KeptFigures.objects.filter(name__startswith="measures.").delete()


def count_all() -> None:
    """After a refresh: count anew what pages of a large shop have asked for."""
    if (Purchase.objects.aggregate(top=Max("pk"))["top"] or 0) <= LIVE_UP_TO:
        KeptFigures.objects.all().delete()
        return
    business = Business.current()
    day = analysis_day.day(business)
    for name in COUNTS:
        _keep(name, business, day)


def _keep(name: str, business: Business, day: date) -> KeptFigures:
    said = {"as_of": day, "data": _count(name, business, day), "counted_at": timezone.now()}
    return KeptFigures.objects.update_or_create(name=name, defaults=said)[0]


def _count(name: str, business: Business, day: date) -> Any:
    return import_string(COUNTS[name])(business, day)
