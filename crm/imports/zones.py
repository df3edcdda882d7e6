"""Times of day and time zones in the words of other programs."""

from __future__ import annotations

import re
from datetime import time
from functools import cache
from typing import Final
from zoneinfo import ZoneInfo, available_timezones

_CLOCK: Final = re.compile(
    r"(\d{1,2})[:.h](\d{2})(?:[:.](\d{2}))?(?:[.,]\d+)?\s*([ap])?\.?(?:m\.?)?", re.IGNORECASE
)
NAMED: Final = {
    "pacific time": "America/Los_Angeles",
    "mountain time": "America/Denver",
    "central time": "America/Chicago",
    "eastern time": "America/New_York",
    "atlantic time": "America/Halifax",
    "arizona": "America/Phoenix",
    "alaska": "America/Anchorage",
    "hawaii": "Pacific/Honolulu",
    "newfoundland": "America/St_Johns",
    "saskatchewan": "America/Regina",
    "indiana": "America/Indiana/Indianapolis",
    "beijing": "Asia/Shanghai",
    "new delhi": "Asia/Kolkata",
    "wellington": "Pacific/Auckland",
    "canberra": "Australia/Sydney",
    "edinburgh": "Europe/London",
}


def clock(cell: str) -> time | None:
    """A time of day; None where it is none, so that the day alone counts."""
    found = _CLOCK.fullmatch(cell.strip())
    if found is None:
        return None
    hour, half = int(found[1]), (found[4] or "").lower()
    if half:
        hour = hour % 12 + (12 if half == "p" else 0)
    try:
        return time(hour, int(found[2]), int(found[3] or 0))
    except ValueError:
        return None


@cache
def _cities() -> dict[str, str]:
    names = {
        name.rpartition("/")[2].replace("_", " ").casefold(): name for name in sorted(available_timezones())
    }
    return names | {name.casefold(): name for name in available_timezones()}


def zone(cell: str) -> ZoneInfo | None:
    """The zone of an IANA name, of a city, or of names like “Pacific Time (US & Canada)”; None if unknown."""
    words = re.sub(r"\(.*?\)", "", cell).strip().casefold()
    name = NAMED.get(words) or _cities().get(words)
    return ZoneInfo(name) if name else None
