"""One month of campaigns, day by day, with the days that shops write for."""

from __future__ import annotations

import calendar
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from typing import Any

from django.db.models.functions import Coalesce

from campaigns import holidays
from campaigns.models import Campaign
from crm.models import Business


@dataclass(frozen=True, slots=True)
class Day:
    date: date
    is_of_month: bool
    is_today: bool
    campaigns: list[Campaign] = field(default_factory=list)
    holidays: list[Any] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Month:
    first: date
    weeks: list[list[Day]]
    previous: str
    next: str

    @property
    def campaigns(self) -> int:
        return sum(len(day.campaigns) for week in self.weeks for day in week if day.is_of_month)


def read(text: str, today: date) -> date:
    """The first day of a month like "2026-11"; this month for what is none."""
    try:
        found = datetime.strptime(text, "%Y-%m").date()  # noqa: DTZ007 - a month has no time zone.
    except ValueError:
        return today.replace(day=1)
    return found if 1970 <= found.year <= 2100 else today.replace(day=1)


def of(first: date, business: Business, today: date) -> Month:
    """Campaigns stand on the day that they go out, or went out."""
    weeks = calendar.Calendar().monthdatescalendar(first.year, first.month)
    start = datetime.combine(weeks[0][0], time(), business.zone)
    end = datetime.combine(weeks[-1][-1] + timedelta(days=1), time(), business.zone)
    moment = Coalesce("started_at", "scheduled_at")
    found = Campaign.objects.annotate(moment=moment).filter(moment__gte=start, moment__lt=end)
    by_day: dict[date, list[Campaign]] = defaultdict(list)
    for one in found.order_by("moment", "pk"):
        by_day[one.moment.astimezone(business.zone).date()].append(one)
    known = {day: names for year in {weeks[0][0].year, weeks[-1][-1].year}
             for day, names in holidays.of_year(year, business.language).items()}  # fmt: skip
    return Month(
        first,
        [
            [
                Day(day, day.month == first.month, day == today, by_day.get(day, []), known.get(day, []))
                for day in week
            ]
            for week in weeks
        ],
        f"{first - timedelta(days=1):%Y-%m}",
        f"{first + timedelta(days=32):%Y-%m}",
    )
