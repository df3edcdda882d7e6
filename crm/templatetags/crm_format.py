"""How figures, money, days and icons look on every page. Built into all templates."""

from __future__ import annotations

from datetime import date, datetime
from decimal import Decimal
from functools import cache
from pathlib import Path
from typing import Any

from babel.dates import format_timedelta
from babel.numbers import format_compact_decimal, format_decimal, format_percent
from django import template
from django.conf import settings
from django.template import Context
from django.utils import timezone
from django.utils.safestring import SafeString, mark_safe

from crm import access, analysis_day, code_words, languages
from crm.languages import locale_of
from crm.models import Business, Message, WorkerHeartbeat
from crm.outbox import reasons

register = template.Library()


@register.simple_tag(takes_context=True)
def money(context: Context, amount: Decimal | float | None, whole: bool = False) -> str:
    """An amount in the shop's currency; `whole` leaves the cents out."""
    if amount is None:
        return "–"
    business = context.get("business")
    currency = business.currency if business else "EUR"
    return languages.money(amount, currency, whole=whole)


@register.filter
def number(value: float | None, digits: int = 0) -> str:
    if value is None:
        return "–"
    pattern = "#,##0" + ("." + "0" * digits if digits else "")
    return str(format_decimal(round(value, digits) or 0, pattern, locale=locale_of()))  # Never "-0".


@register.filter
def days(count: float) -> str:
    """A time in days, with its word."""
    return languages.days(round(count))


@register.filter
def hours(count: int) -> str:
    """A time in hours, with its word."""
    return languages.hours(count)


@register.filter
def offered(address: str, user: access.Person) -> bool:
    """Whether a link to this address may be shown: it would not be refused."""
    return access.may_open(user, address)


@register.filter
def said(value: object, column: str) -> object:
    """A code of a customer in words."""
    return code_words.said(column, value) if isinstance(value, str) else value


@register.filter
def compact(value: float | None) -> str:
    """A large number in few signs; where a language has no short form below ten thousand, in whole."""
    if value is None:
        return "–"
    plain = round(value) if 1000 <= abs(value) < 10_000 else value
    return str(format_compact_decimal(plain, locale=locale_of(), fraction_digits=1))


@register.filter
def percent(share: float | None, digits: int = 0) -> str:
    """A share between 0 and 1 as a percentage."""
    if share is None:
        return "–"
    return str(format_percent(share, "0" + ("." + "0" * digits if digits else "") + "%", locale=locale_of()))


@register.filter
def share(part: float | None) -> str:
    """A share as a percentage that is not "0%" for a few of many."""
    return percent(part, 1 if part and part < 0.01 else 0)


@register.filter
def ago(moment: datetime | date | None) -> str:
    """How long ago, in words."""
    if moment is None:
        return "–"
    if not isinstance(moment, datetime):
        moment = datetime(moment.year, moment.month, moment.day, tzinfo=timezone.get_current_timezone())
    delta = moment - timezone.now()
    return str(format_timedelta(delta, add_direction=True, locale=locale_of()))


@register.filter
def get(mapping: Any, key: Any) -> Any:
    """The value of a dictionary at a key that is a variable."""
    return mapping.get(key) if hasattr(mapping, "get") else None


@cache
def _svg(name: str, filled: bool) -> str:
    folder = Path(settings.NODE_MODULES, "@tabler/icons/icons", "filled" if filled else "outline")
    text = (folder / f"{name}.svg").read_text()
    return text[text.index("<svg") :].replace(
        "<svg", '<svg class="icon" aria-hidden="true" focusable="false"', 1
    )


@register.simple_tag
def icon(name: str, filled: bool = False) -> SafeString:
    """An icon of the Tabler set, drawn into the page; decorative, so text must stand beside it."""
    return mark_safe(_svg(name, filled))  # noqa: S308 - our own files, no user input.


@register.simple_tag(takes_context=True)
def query(context: Context, **changes: Any) -> str:
    """The current query string with some parameters changed; empty ones are dropped."""
    params = context["request"].GET.copy()
    for key, value in changes.items():
        if value in (None, ""):
            params.pop(key, None)
        else:
            params[key] = value
    text = params.urlencode()
    return f"?{text}" if text else "?"


@register.simple_tag(takes_context=True)
def analysis_stands(context: Context) -> analysis_day.Standing:
    """On which day scores stand, so that each page that shows some can say so."""
    return analysis_day.standing(context.get("business") or Business.current())


@register.simple_tag
def worker_alive() -> bool:
    """Whether a background worker gave a sign of life lately."""
    return WorkerHeartbeat.anybody_there()


@register.filter
def skip_label(message: Message) -> str:
    """Why a message was left out, in a few words."""
    return reasons.label(message.reason)
