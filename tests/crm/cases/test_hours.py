"""Hours of service, computed by hand."""

from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from crm.cases.hours import Calendar, minutes_of

BERLIN, NEW_YORK = ZoneInfo("Europe/Berlin"), ZoneInfo("America/New_York")
OFFICE = dict.fromkeys(range(5), ((9 * 60, 17 * 60),))
NIGHT = dict.fromkeys(range(7), ((0, 240), (1320, 1440)))  # From ten in the evening to four.
HOUR = 3600


def calendar(week=OFFICE, holidays=(), zone=BERLIN):
    return Calendar(week, frozenset(holidays), zone)


def local(text: str, zone=BERLIN) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=zone)


@pytest.mark.parametrize(
    ("start", "hours", "due"),
    [
        ("2026-06-15T10:00", 3, "2026-06-15T13:00"),  # Within one Monday.
        ("2026-06-15T16:00", 3, "2026-06-16T11:00"),  # Over a night.
        ("2026-06-19T16:00", 3, "2026-06-22T11:00"),  # Friday over the weekend.
        ("2026-06-20T12:00", 1, "2026-06-22T10:00"),  # Opened on a Saturday.
        ("2026-06-15T07:00", 8, "2026-06-15T17:00"),  # Before opening, exactly to closing.
        ("2026-06-15T17:00", 8, "2026-06-16T17:00"),  # At closing time.
        ("2026-06-15T09:00", 40, "2026-06-19T17:00"),  # A whole week.
        ("2026-12-24T16:00", 2, "2026-12-28T10:00"),  # Christmas Day is a Friday, then a weekend.
    ],
)
def test_due_times_run_only_while_somebody_is_there(start, hours, due):
    found = calendar(holidays=[date(2026, 12, 25)]).add(local(start), hours * HOUR)

    assert found == local(due)


@pytest.mark.parametrize(
    ("start", "end", "hours"),
    [
        ("2026-06-15T10:00", "2026-06-15T13:00", 3),
        ("2026-06-15T16:00", "2026-06-16T11:00", 3),
        ("2026-06-19T12:00", "2026-06-22T12:00", 8),
        ("2026-06-20T00:00", "2026-06-21T23:00", 0),
        ("2026-06-16T11:00", "2026-06-15T11:00", 0),
    ],
)
def test_time_of_service_between_two_moments(start, end, hours):
    assert calendar().between(local(start), local(end)) == hours * HOUR


def test_the_night_in_which_summer_time_begins_is_an_hour_shorter():
    """29 March 2026 in Berlin: 02:00 becomes 03:00, so midnight to four is three hours."""
    night = calendar(NIGHT)

    assert night.between(local("2026-03-29T00:00"), local("2026-03-29T04:00")) == 3 * HOUR
    assert night.add(local("2026-03-28T22:00"), 5 * HOUR) == local("2026-03-29T04:00")


def test_the_night_in_which_summer_time_ends_is_an_hour_longer():
    """1 November 2026 in New York: 02:00 becomes 01:00, so midnight to four is five hours."""
    night = calendar(NIGHT, zone=NEW_YORK)

    assert night.between(local("2026-11-01T00:00", NEW_YORK), local("2026-11-01T04:00", NEW_YORK)) == 5 * HOUR
    due = night.add(local("2026-10-31T23:00", NEW_YORK), 6 * HOUR)
    assert due == local("2026-11-01T04:00", NEW_YORK)


def test_opening_hours_stay_at_their_local_time_over_the_change():
    friday, monday = local("2026-03-27T16:00"), local("2026-03-30T10:00")

    assert calendar().add(friday, 2 * HOUR) == monday
    assert monday.astimezone(UTC).hour == 8  # Nine o'clock UTC+1 before, ten o'clock UTC+2 now.


def test_a_lunch_break_does_not_count():
    week = {0: ((540, 750), (840, 1080))}  # 9:00–12:30 and 14:00–18:00 on Mondays.

    assert calendar(week).add(local("2026-06-15T12:00"), HOUR) == local("2026-06-15T14:30")


def test_without_hours_it_is_open_round_the_clock_even_on_holidays():
    always = calendar({}, holidays=[date(2026, 6, 16)])

    assert always.add(local("2026-06-15T22:00"), 24 * HOUR) == local("2026-06-16T22:00")
    assert always.between(local("2026-03-29T00:00"), local("2026-03-30T00:00")) == 23 * HOUR


def test_closed_for_years_counts_real_time():
    days = [date(2026, 1, 1) + timedelta(days=n) for n in range(3000)]

    start = local("2026-06-15T10:00")
    assert calendar(holidays=days).add(start, HOUR) == start + timedelta(hours=1)


@given(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 1, 1)).map(lambda one: one.replace(tzinfo=UTC)),
    st.integers(1, 60 * HOUR),
)
def test_between_undoes_add(start, seconds):
    when = calendar()

    assert when.between(start, when.add(start, seconds)) == pytest.approx(seconds)


@pytest.mark.parametrize("text", ["24:01", "-1:00", "x", "9:99:1"])
def test_times_that_do_not_exist_are_refused(text):
    with pytest.raises(ValueError):  # noqa: PT011
        minutes_of(text)
