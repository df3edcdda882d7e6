"""Figures that cost time to count, kept so that a page with a million events opens at once.

A figure is counted anew when it is older than fifty times what counting it took, so quick ones are always
fresh and slow ones cost a fiftieth of the time at most. Who changes something says so by `forget`.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Q
from django.utils import timezone

from campaigns.models import Campaign, CampaignFigures

PATIENCE = 50
LONGEST = timedelta(minutes=30)
SLOW = 0.1  # Seconds; slower ones the worker counts ahead, so that nobody waits for them.


@dataclass(frozen=True, slots=True)
class Figures:
    data: dict[str, Any]
    counted_at: datetime


def figures(
    campaign: Campaign, part: str, count: Callable[[], dict[str, Any]], *, now: datetime | None = None
) -> Figures:
    """The figures of one part, counted anew when they are too old."""
    now = now or timezone.now()
    row = CampaignFigures.objects.filter(campaign=campaign, part=part).first()
    if row is not None and now - row.counted_at < min(timedelta(seconds=PATIENCE * row.seconds), LONGEST):
        return Figures(row.data, row.counted_at)
    return refresh(campaign, part, count, now=now)


def refresh(campaign: Campaign, part: str, count: Callable[[], dict[str, Any]], *, now: datetime) -> Figures:
    began = time.perf_counter()
    data = count()
    seconds = time.perf_counter() - began
    row = CampaignFigures(campaign=campaign, part=part, data=data, seconds=seconds, counted_at=now)
    CampaignFigures.objects.bulk_create(
        [row],
        update_conflicts=True,
        unique_fields=["campaign", "part"],
        update_fields=["data", "seconds", "counted_at"],
    )
    return Figures(data, now)


def forget(campaign: Campaign, *parts: str) -> None:
    """Count anew at the next look."""
    found = CampaignFigures.objects.filter(campaign=campaign)
    (found.filter(part__in=parts) if parts else found).delete()


def stale(*, now: datetime) -> list[tuple[Campaign, str]]:
    """Slow figures of the last month's campaigns that are half-way to be too old."""
    recent = Q(campaign__started_at__gte=now - timedelta(days=31))
    found = CampaignFigures.objects.filter(recent, seconds__gte=SLOW).select_related("campaign")
    return [
        (one.campaign, one.part)
        for one in found
        if now - one.counted_at > min(timedelta(seconds=PATIENCE * one.seconds / 2), LONGEST / 2)
    ]
