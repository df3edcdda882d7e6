"""SQL of the shop's calendar days, alike on both databases and without a Python call per row."""

from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from django.db import connection

START = datetime(1970, 1, 1, tzinfo=UTC)
STEP = timedelta(days=3)  # No zone changes its clock twice within three days.


def end_of(day: date, zone: ZoneInfo) -> datetime:
    """The first moment after `day` in the zone."""
    return datetime.combine(day + timedelta(days=1), time.min, tzinfo=zone).astimezone(UTC)


def moment(at: datetime) -> object:
    """A moment as this database stores it, to compare columns with."""
    return connection.ops.adapt_datetimefield_value(at)


def day_of(column: str, zone: ZoneInfo, until: datetime) -> str:
    """SQL of the calendar day in `zone` of a column of moments, all before `until`."""
    if connection.vendor == "postgresql":
        return f"({column} AT TIME ZONE '{zone.key}')::date"
    changes = clock_changes(zone, until.astimezone(UTC))
    if len(changes) == 1:
        return f"date({column}, '{changes[0][1]:+d} seconds')"
    steps = " ".join(
        f"WHEN {column} >= '{at:%Y-%m-%d %H:%M:%S}' THEN '{offset:+d} seconds'"
        for at, offset in reversed(changes[1:])
    )
    return f"date({column}, CASE {steps} ELSE '{changes[0][1]:+d} seconds' END)"


def days_between(later: str, earlier: str) -> str:
    """SQL of the whole days between two columns of days."""
    if connection.vendor == "postgresql":
        return f"({later} - {earlier})"
    return f"CAST(julianday({later}) - julianday({earlier}) AS integer)"


@lru_cache(maxsize=32)
def clock_changes(zone: ZoneInfo, until: datetime) -> list[tuple[datetime, int]]:
    """From when on which offset in seconds holds, oldest first; the first entry holds before as well."""
    changes = [(START, _offset(zone, START))]
    at = START
    while at < until:
        after = min(at + STEP, until)
        if _offset(zone, after) != changes[-1][1]:
            changes.append(_exactly(zone, at, after))
        at = after
    return changes


def _exactly(zone: ZoneInfo, before: datetime, after: datetime) -> tuple[datetime, int]:
    """The second between the two moments in which the offset changes, and the new offset."""
    old = _offset(zone, before)
    while after - before > timedelta(seconds=1):
        middle = before + timedelta(seconds=int((after - before).total_seconds()) // 2)
        before, after = (middle, after) if _offset(zone, middle) == old else (before, middle)
    return after, _offset(zone, after)


def _offset(zone: ZoneInfo, at: datetime) -> int:
    shift = at.astimezone(zone).utcoffset()
    return int(shift.total_seconds()) if shift else 0
