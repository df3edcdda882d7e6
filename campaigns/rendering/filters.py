"""The closed list of filters that a template may use."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal, InvalidOperation
from typing import Any

from babel.core import Locale
from babel.dates import format_date
from babel.numbers import format_currency
from liquid import RenderContext
from liquid.builtin.filters import math, misc, string
from liquid.exceptions import FilterArgumentError
from liquid.filter import with_context

from crm.languages import locale_of

DATE_STYLES = ("short", "medium", "long", "full")
MOST_DIGITS = 20  # Of an amount of money.


@with_context
def money(amount: object, *, context: RenderContext) -> str:
    """An amount in the shop's currency, written as the language of the mail does."""
    try:
        figure = Decimal(str(amount))
    except InvalidOperation:
        return "" if amount in (None, "") else str(amount)
    if not figure.is_finite() or abs(figure.adjusted()) > MOST_DIGITS:
        return str(amount)
    currency = str(context.globals.get("_currency", "EUR"))
    return str(format_currency(figure, currency, locale=_locale(context)))


@with_context
def day(value: object, style: str = "long", *, context: RenderContext) -> str:
    """A date in the language of the mail: short, medium, long or full."""
    if style not in DATE_STYLES:
        raise FilterArgumentError(f"date: {', '.join(DATE_STYLES)}", token=None)
    when = value.date() if isinstance(value, datetime) else value
    if not isinstance(when, date):
        try:
            when = date.fromisoformat(str(value)[:10])
        except ValueError:
            return str(value or "")
    return str(format_date(when, style, locale=_locale(context)))


def _locale(context: RenderContext) -> Locale:
    return locale_of(str(context.globals.get("_language", "en")))


FILTERS: dict[str, Callable[..., Any]] = {
    "append": string.append,
    "capitalize": string.capitalize,
    "date": day,
    "default": misc.default,
    "divided_by": math.divided_by,
    "downcase": string.downcase,
    "escape": string.escape,
    "minus": math.minus,
    "money": money,
    "plus": math.plus,
    "prepend": string.prepend,
    "round": math.round_,
    "size": misc.size,
    "strip": string.strip,
    "times": math.times,
    "truncate": string.truncate,
    "upcase": string.upcase,
    "url_encode": string.url_encode,
}
