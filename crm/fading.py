"""The weight of a tag as of a day: halved after each half-life since the day it was put on.

    CustomerTag.objects.annotate(now=fading.weight(fading.end_of(today, zone)))

A tag put on with 80 and a half-life of 30 days weighs 80 on its first day, 57 after 15, 40 after 30 and
20 after 60. Whole days count and the result is a whole number, so that a page, a rule
and a list say the same all day.
"""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from typing import Any
from zoneinfo import ZoneInfo

from django.db.models import F, FloatField, Func, IntegerField, Value
from django.db.models.expressions import Case, When
from django.db.models.functions import Cast, Coalesce, Floor, Greatest, Power, Round

from crm.models import CustomerTag

MIDDLE = Value(1e-9, output_field=FloatField())  # Halves round up on both databases.


class DaysSince(Func):
    """Whole days from a column of moments until a given moment; below none there is nothing."""

    output_field = FloatField()

    def __init__(self, column: str, until: datetime) -> None:
        super().__init__(F(column))
        self.until = until

    def as_sql(self, compiler: Any, connection: Any, **_: Any) -> Any:  # type: ignore[override]
        column, params = compiler.compile(self.source_expressions[0])
        until = connection.ops.adapt_datetimefield_value(self.until)
        if connection.vendor == "postgresql":
            return f"(EXTRACT(EPOCH FROM (%s::timestamptz - {column})) / 86400)::float8", (until, *params)
        return f"(julianday(%s) - julianday({column}))", (until, *params)


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The last second of a day of the shop."""
    midnight = datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone).astimezone(UTC)
    return midnight - timedelta(seconds=1)


def weight(until: datetime) -> Case:
    """What a CustomerTag weighs at the end of a day; without a half-life its own weight."""
    zero, half = Value(0.0, output_field=FloatField()), Value(0.5, output_field=FloatField())
    days = Greatest(Floor(DaysSince("tagged_at", until)), zero, output_field=FloatField())
    lives = days / Cast(F("tag__half_life_days"), FloatField())
    left = Cast(F("weight"), FloatField()) * Power(half, Coalesce(lives, zero), output_field=FloatField())
    fades = When(tag__half_life_days__isnull=False, then=Cast(Round(left + MIDDLE), IntegerField()))
    return Case(fades, default=F("weight"), output_field=IntegerField())


def weighed(until: datetime) -> Any:
    """All tags of customers with `now`, what they weigh; the heaviest first."""
    return CustomerTag.objects.select_related("tag").annotate(now=weight(until)).order_by("-now", "tag__name")
