"""How the address of a list writes a value: a text, a span of numbers or days, yes or no, nothing."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal, InvalidOperation

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

NONE = "-"
ANY = "*"
DAYS = re.compile(r"(?P<sign>[<>])(?P<days>\d{1,5})d")


@dataclass(frozen=True, slots=True)
class Span[T]:
    """From the least to the greatest, both included; None is open."""

    least: T | None
    greatest: T | None


def number_span(text: str) -> Span[Decimal] | None:
    """“5”, “5..”, “..9” or “5..9”; None when it is none of these."""
    low, dots, high = text.partition("..")
    try:
        least = _number(low)
        greatest = _number(high) if dots else least
    except (InvalidOperation, ValueError):
        return None
    return None if least is None and greatest is None else Span(least, greatest)


def _number(text: str) -> Decimal | None:
    if not text.strip():
        return None
    value = Decimal(text.strip().replace(",", "."))
    if not value.is_finite() or abs(value) > 10**12 or not math.isfinite(float(value)):
        raise ValueError(text)
    return value


def day_span(text: str, today: date) -> Span[date] | None:
    """“<30d” the last 30 days, “>30d” longer ago, or two ISO days with “..” between; one may miss."""
    if found := DAYS.fullmatch(text):
        edge = today - timedelta(days=int(found["days"]))
        return Span(edge, None) if found["sign"] == "<" else Span(None, edge - timedelta(days=1))
    low, dots, high = text.partition("..")
    try:
        least = date.fromisoformat(low.strip()) if low.strip() else None
        greatest = (date.fromisoformat(high.strip()) if high.strip() else None) if dots else least
    except ValueError:
        return None
    return None if least is None and greatest is None else Span(least, greatest)


def say_numbers(label: str, text: str) -> str:
    span = number_span(text)
    assert span
    words = {"what": label, "least": _plain(span.least), "greatest": _plain(span.greatest)}
    if span.least == span.greatest:
        return _("%(what)s: %(least)s") % words
    if span.greatest is None:
        return _("%(what)s: at least %(least)s") % words
    if span.least is None:
        return _("%(what)s: at most %(greatest)s") % words
    return _("%(what)s: %(least)s to %(greatest)s") % words


def say_days(label: str, text: str, today: date) -> str:
    if found := DAYS.fullmatch(text):
        days = int(found["days"])
        words: dict[str, object] = {"what": label, "days": days}
        if found["sign"] == "<":
            return ngettext("%(what)s: in the last day", "%(what)s: in the last %(days)d days", days) % words
        return ngettext("%(what)s: over a day ago", "%(what)s: over %(days)d days ago", days) % words
    span = day_span(text, today)
    assert span
    words = {"what": label, "least": _day(span.least), "greatest": _day(span.greatest)}
    if span.greatest is None:
        return _("%(what)s: since %(least)s") % words
    if span.least is None:
        return _("%(what)s: until %(greatest)s") % words
    if span.least == span.greatest:
        return _("%(what)s: %(least)s") % words
    return _("%(what)s: %(least)s to %(greatest)s") % words


def _plain(value: Decimal | None) -> str:
    return "" if value is None else f"{value.normalize():f}"


def _day(value: date | None) -> str:
    return date_format(value, "DATE_FORMAT") if value else ""
