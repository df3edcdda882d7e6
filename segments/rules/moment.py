"""When a rule is asked: now, or as things were at the end of a day of the shop."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import DateField, Expression, F, Func, IntegerField, Q
from django.utils import timezone

from crm import analysis_day
from crm.models import Business
from segments import days


@dataclass(frozen=True, slots=True)
class Moment:
    """`as_of` is empty for now; else nothing after the end of that day has happened yet.

    `today` is the day that analysis stands on. Ages, anniversaries, tags, mails and answers go by `calendar`,
    the real day, where it is another. `person` says that nobody else is asked about: what others did need
    not be read; `few` says so of those `at_hand`.
    """

    today: date
    zone: ZoneInfo
    as_of: date | None = None
    calendar: date | None = None
    person: int | None = None
    few: bool = False

    @classmethod
    def now(cls, at: datetime | None = None, business: Business | None = None) -> Moment:
        business = business or Business.current()
        found = analysis_day.standing(business, at or timezone.now())
        return cls(found.day, business.zone, calendar=None if found.is_today else found.today)

    @classmethod
    def end_of(cls, day: date, business: Business | None = None) -> Moment:
        return cls(day, (business or Business.current()).zone, day)

    @property
    def real(self) -> date:
        return self.calendar or self.today

    @property
    def counts_back(self) -> date | None:
        """The day of the past from which live rules count; none where it is today."""
        return self.today if self.calendar else None

    @property
    def end(self) -> datetime | None:
        """The first moment that is not seen any more."""
        return days.end_of(self.as_of, self.zone) if self.as_of else None

    def between(self, path: str, start: date | None, end: date | None) -> Q:
        """From the beginning of one calendar day to the end of another."""
        found = Q()
        if start and start.year > 1:
            found &= Q(**{f"{path}__gte": days.end_of(start - timedelta(days=1), self.zone)})
        if end and end.year < 9999:
            found &= Q(**{f"{path}__lt": days.end_of(end, self.zone)})
        return found

    def seen(self, path: str) -> Q:
        return Q(**{f"{path}__lt": self.end}) if self.end else Q()


class ShopDay(Func):
    """The calendar day of a moment in the shop's zone."""

    output_field = DateField()

    def __init__(self, path: Any, moment: Moment) -> None:
        super().__init__(F(path) if isinstance(path, str) else path)
        self.moment = moment

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> Any:  # type: ignore[override]
        column, params = compiler.compile(self.source_expressions[0])
        until = days.end_of(self.moment.real + timedelta(days=366), self.moment.zone)
        return days.day_of(column, self.moment.zone, until), params


class DaysApart(Func):
    """Whole days from the second day to the first."""

    output_field = IntegerField()

    def __init__(self, later: Expression, earlier: Expression) -> None:
        super().__init__(later, earlier)

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> Any:  # type: ignore[override]
        later, earlier = (compiler.compile(one) for one in self.source_expressions)
        return days.days_between(later[0], earlier[0]), [*later[1], *earlier[1]]
