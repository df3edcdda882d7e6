"""Arithmetic of hours of service: pure, without database or clock.

Source of the rules: an interval of service is a span of the shop's local time on a day that is no holiday.
All sums are taken in real seconds (UTC), so a span over the change of summer time is as long as it truly is.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

type Spans = Sequence[tuple[int, int]]  # Minutes of the day, from and to; to is at most 1440.
LONGEST = 366 * 5  # Days that are looked through at most.
WHOLE_DAY: Spans = ((0, 1440),)


@dataclass(frozen=True, slots=True)
class Calendar:
    """When somebody is there: spans of each weekday (0 is Monday), in the local time of `zone`.

    Without any span it is open round the clock, so that a promise is never empty.
    """

    week: Mapping[int, Spans]
    holidays: frozenset[date]
    zone: ZoneInfo

    def add(self, start: datetime, seconds: float) -> datetime:
        """The moment at which `seconds` of service have passed since `start` (both aware)."""
        left = float(seconds)
        for begin, end in self._spans(start):
            begin = max(begin, start)
            room = (end - begin).total_seconds()
            if room > 0 and left <= room:
                return begin + timedelta(seconds=left)
            left -= max(room, 0.0)
        return start + timedelta(seconds=seconds)  # Closed for years: count real time.

    def between(self, start: datetime, end: datetime) -> float:
        """Seconds of service between two moments; 0 when the second is not later."""
        total = 0.0
        for begin, close in self._spans(start):
            if begin >= end:
                break
            total += max(0.0, (min(close, end) - max(begin, start)).total_seconds())
        return total

    def is_open(self, at: datetime) -> bool:
        return any(begin <= at < end for begin, end in self._spans(at, days=2))

    def _spans(self, start: datetime, days: int = LONGEST) -> Iterator[tuple[datetime, datetime]]:
        """Spans of service in UTC, from the day of `start` on."""
        first = start.astimezone(self.zone).date()
        always = not any(self.week.values())
        for offset in range(days):
            day = first + timedelta(days=offset)
            if day in self.holidays and not always:
                continue
            for begin, end in WHOLE_DAY if always else self.week.get(day.weekday(), ()):
                yield self._moment(day, begin), self._moment(day, end)

    def _moment(self, day: date, minutes: int) -> datetime:
        if minutes >= 1440:
            day, minutes = day + timedelta(days=1), minutes - 1440
        local = datetime.combine(day, time(minutes // 60, minutes % 60), tzinfo=self.zone)
        return local.astimezone(UTC)


def minutes_of(text: str) -> int:
    """Minutes since midnight of "09:30"; "24:00" is the end of the day."""
    hours, _, minutes = text.partition(":")
    found = int(hours) * 60 + int(minutes or 0)
    if not 0 <= found <= 1440:
        raise ValueError(text)
    return found
