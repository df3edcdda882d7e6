"""Where somebody's clock stands, by the country; of countries with several zones the one where most live."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.core import get_global

from crm import phones

MAIN = {
    "AR": "America/Argentina/Buenos_Aires", "AU": "Australia/Sydney", "BR": "America/Sao_Paulo",
    "CA": "America/Toronto", "CD": "Africa/Kinshasa", "CL": "America/Santiago", "CN": "Asia/Shanghai",
    "CY": "Asia/Nicosia", "DE": "Europe/Berlin", "EC": "America/Guayaquil", "ES": "Europe/Madrid",
    "FR": "Europe/Paris", "GB": "Europe/London", "ID": "Asia/Jakarta", "KZ": "Asia/Almaty",
    "MN": "Asia/Ulaanbaatar", "MX": "America/Mexico_City", "MY": "Asia/Kuala_Lumpur",
    "NZ": "Pacific/Auckland", "PT": "Europe/Lisbon", "RU": "Europe/Moscow", "UA": "Europe/Kyiv",
    "US": "America/New_York", "UZ": "Asia/Tashkent",
}  # fmt: skip


@lru_cache(maxsize=2000)
def of_country(country: str) -> ZoneInfo | None:
    """The time zone of a country given by code or name; None when nobody knows."""
    code = phones.region(country) if country else None
    if code is None:
        return None
    known = [MAIN[code]] if code in MAIN else get_global("territory_zones").get(code, [])
    for name in known:
        try:
            return ZoneInfo(name)
        except ZoneInfoNotFoundError:
            continue
    return None


def quiet_end(now: datetime, begin: time | None, end: time | None, zone: ZoneInfo) -> datetime | None:
    """When the quiet hours that `now` falls into end there; None outside of them."""
    if begin is None or end is None or begin == end:
        return None
    there = now.astimezone(zone)
    clock = there.time()
    inside = begin <= clock < end if begin < end else clock >= begin or clock < end
    if not inside:
        return None
    day = there.date() + timedelta(days=int(begin > end and clock >= begin))
    return datetime.combine(day, end, zone)


def at_clock(day: date, clock: time, zone: ZoneInfo, *, not_before: datetime) -> datetime:
    """The first moment from `not_before` on, that day or later, at which the clock there shows this time."""
    at = datetime.combine(day, clock, zone)
    while at < not_before:
        day += timedelta(days=1)
        at = datetime.combine(day, clock, zone)
    return at


def by_instant(
    countries: Iterable[str], day: date, clock: time, home: ZoneInfo, *, not_before: datetime
) -> dict[datetime, list[str]]:
    """Countries grouped by the instant at which their clocks show this time: a few groups for the world."""
    found: defaultdict[datetime, list[str]] = defaultdict(list)
    for country in countries:
        at = at_clock(day, clock, of_country(country) or home, not_before=not_before)
        found[at.astimezone(home)].append(country)
    return dict(found)
