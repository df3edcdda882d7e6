"""Days that shops write for: a short list of our own, in English-speaking countries and in China."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, timedelta
from functools import cache

from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

type Name = str | Promise

ALL: dict[tuple[int, int], Name] = {
    (1, 1): _("New Year's Day"),
    (2, 14): _("Valentine's Day"),
    (3, 8): _("Women's Day"),
    (12, 24): _("Christmas Eve"),
    (12, 25): _("Christmas Day"),
    (12, 31): _("New Year's Eve"),
}
ENGLISH: dict[tuple[int, int], Name] = {
    (3, 17): _("St Patrick's Day"),
    (7, 4): _("Independence Day (US)"),
    (10, 31): _("Halloween"),
    (12, 26): _("Boxing Day"),
}
CHINESE: dict[tuple[int, int], Name] = {
    (5, 1): _("Labour Day"),
    (5, 20): _("520, day of lovers"),
    (6, 1): _("Children's Day"),
    (6, 18): _("618 shopping day"),
    (9, 10): _("Teachers' Day"),
    (10, 1): _("National Day of China"),
    (11, 11): _("Double 11 shopping day"),
    (12, 12): _("Double 12 shopping day"),
}
# By the moon, so from a table: month and day of each year.
MOON: dict[Name, dict[int, tuple[int, int]]] = {
    _("Chinese New Year"): {
        2025: (1, 29), 2026: (2, 17), 2027: (2, 6), 2028: (1, 26), 2029: (2, 13), 2030: (2, 3), 2031: (1, 23),
        2032: (2, 11),
    },
    _("Lantern Festival"): {
        2025: (2, 12), 2026: (3, 3), 2027: (2, 20), 2028: (2, 9), 2029: (2, 27), 2030: (2, 17), 2031: (2, 6),
        2032: (2, 25),
    },
    _("Dragon Boat Festival"): {
        2025: (5, 31), 2026: (6, 19), 2027: (6, 9), 2028: (5, 28), 2029: (6, 16), 2030: (6, 5), 2031: (6, 24),
        2032: (6, 12),
    },
    _("Qixi, festival of lovers"): {
        2025: (8, 29), 2026: (8, 19), 2027: (8, 8), 2028: (8, 26), 2029: (8, 16), 2030: (8, 5), 2031: (8, 24),
        2032: (8, 12),
    },
    _("Mid-Autumn Festival"): {
        2025: (10, 6), 2026: (9, 25), 2027: (9, 15), 2028: (10, 3), 2029: (9, 22), 2030: (9, 12),
        2031: (10, 1), 2032: (9, 19),
    },
}  # fmt: skip


@cache
def of_year(year: int, language: str) -> dict[date, list[Name]]:
    """The days of a year that shops of this language know."""
    found: dict[date, list[Name]] = {}
    days = [*_fixed(year, ALL)]
    days += [*_fixed(year, CHINESE), *_moon(year)] if language.startswith("zh") else _english(year)
    for day, name in sorted(days, key=lambda pair: pair[0]):
        found.setdefault(day, []).append(name)
    return found


def _fixed(year: int, days: dict[tuple[int, int], Name]) -> Iterator[tuple[date, Name]]:
    for (month, day), name in days.items():
        yield date(year, month, day), name


def _moon(year: int) -> Iterator[tuple[date, Name]]:
    for name, years in MOON.items():
        if year in years:
            yield date(year, *years[year]), name


def _english(year: int) -> list[tuple[date, Name]]:
    sunday = easter(year)
    thanks = _nth(year, 11, 3, 4)
    return [
        *_fixed(year, ENGLISH),
        (sunday - timedelta(days=21), _("Mothering Sunday (UK)")),
        (sunday - timedelta(days=2), _("Good Friday")),
        (sunday, _("Easter Sunday")),
        (_nth(year, 5, 6, 2), _("Mother's Day (US)")),
        (_nth(year, 6, 6, 3), _("Father's Day")),
        (thanks, _("Thanksgiving (US)")),
        (thanks + timedelta(days=1), _("Black Friday")),
        (thanks + timedelta(days=4), _("Cyber Monday")),
    ]


def _nth(year: int, month: int, weekday: int, n: int) -> date:
    """The n-th such weekday (Monday 0) of a month."""
    first = date(year, month, 1)
    return first + timedelta(days=(weekday - first.weekday()) % 7 + 7 * (n - 1))


def easter(year: int) -> date:
    """Western Easter by the Gregorian computus (Meeus, Jones and Butcher)."""
    a, b, c = year % 19, year // 100, year % 100
    d, e = b // 4, b % 4
    g = (8 * b + 13) // 25
    h = (19 * a + b - d - g + 15) % 30
    i, k = c // 4, c % 4
    m = (32 + 2 * e + 2 * i - h - k) % 7
    n = (a + 11 * h + 22 * m) // 451
    month, day = divmod(h + m - 7 * n + 114, 31)
    return date(year, month, day + 1)
