"""Weeks and months of the shop as numbers that go up by one, in Python and in SQL alike."""

from __future__ import annotations

from datetime import date, timedelta
from zoneinfo import ZoneInfo

from django.db import connection
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import pgettext

from segments import days

MONTH, WEEK = "month", "week"
MONDAY = date(1970, 1, 5)  # Week 0 begins here; weeks begin on Monday.


def number_of(day: date, by: str) -> int:
    return day.year * 12 + day.month - 1 if by == MONTH else (day - MONDAY).days // 7


def first_day(number: int, by: str) -> date:
    return date(number // 12, number % 12 + 1, 1) if by == MONTH else MONDAY + timedelta(weeks=number)


def last_day(number: int, by: str) -> date:
    return first_day(number + 1, by) - timedelta(days=1)


def name_of(number: int, by: str) -> str:
    """In few signs, for axes and tables: "Mar 2026", "3 Mar 2026"."""
    day = first_day(number, by)
    return short_month(day) if by == MONTH else date_format(day, "SHORT_DATE_FORMAT")


def short_month(day: date) -> str:
    """In few signs: "Mar 2026"."""
    short = pgettext("how a month is written in few signs, in Django's letters for dates", "M Y")
    return date_format(day, short)


def spoken(number: int, by: str) -> str:
    """As people say it: "March 2026", "the week of 3 March 2026"."""
    day = first_day(number, by)
    if by == MONTH:
        return date_format(day, "YEAR_MONTH_FORMAT")
    return _("the week of %(day)s") % {"day": date_format(day, "DATE_FORMAT")}


def number_at(column: str, by: str, lowest: int, highest: int, zone: ZoneInfo) -> str:
    """SQL of the number of the period of a column of moments: all before `lowest` have it, all after
    `highest` that. A tree of comparisons, as reading a calendar for each row takes many times as long."""
    if lowest >= highest:
        return str(lowest)
    middle = (lowest + highest + 1) // 2
    edge = days.moment(days.end_of(first_day(middle, by) - timedelta(days=1), zone))
    before = number_at(column, by, lowest, middle - 1, zone)
    after = number_at(column, by, middle, highest, zone)
    return f"CASE WHEN {column} < '{edge}' THEN {before} ELSE {after} END"


def number_sql(day: str, by: str) -> str:
    """SQL of the number of the period of a day; `day` is SQL of a calendar day."""
    is_postgres = connection.vendor == "postgresql"
    if by == WEEK:
        start = f"DATE '{MONDAY}'" if is_postgres else f"'{MONDAY}'"
        return f"({days.days_between(day, start)} / 7)"
    if is_postgres:
        return f"CAST(EXTRACT(YEAR FROM {day}) * 12 + EXTRACT(MONTH FROM {day}) - 1 AS integer)"
    return f"(CAST(strftime('%%Y', {day}) AS integer) * 12 + CAST(strftime('%%m', {day}) AS integer) - 1)"
