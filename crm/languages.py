"""Which of our languages somebody reads, and how numbers and names are written in it."""

from __future__ import annotations

from decimal import Decimal
from functools import cache

from babel.core import Locale
from babel.numbers import format_currency
from django.conf import settings
from django.utils import translation
from django.utils.translation import gettext_noop, ngettext

from crm.models import Business, Customer

DJANGOS = (gettext_noop("- Select an option -"),)  # New in Django, and not yet in its own Chinese.


def language_of(customer: Customer | None, business: Business) -> str:
    """The customer's language where we speak it ("zh-CN" is Chinese to us), else the shop's."""
    wanted = (customer.language if customer else "").lower().replace("_", "-")
    known = dict(settings.LANGUAGES)
    if wanted in known:
        return wanted
    for code in known:
        if wanted and wanted.partition("-")[0] == code.partition("-")[0]:
            return code
    return business.language if business.language in known else settings.LANGUAGE_CODE


def locale_of(language: str | None = None) -> Locale:
    """How numbers, money and dates are written in a language, by default in the reader's."""
    language = language or translation.get_language() or "en"
    return _locale("zh_Hans" if language.startswith("zh") else "en")


@cache
def _locale(name: str) -> Locale:
    return Locale.parse(name)


def days(count: int) -> str:
    """A time that is counted in days, for sentences that hold more than one number."""
    return ngettext("%(n)d day", "%(n)d days", count) % {"n": count}


def hours(count: int) -> str:
    """A time that is counted in hours."""
    return ngettext("%(n)d hour", "%(n)d hours", count) % {"n": count}


def money(amount: Decimal | float, currency: str, *, whole: bool = False) -> str:
    """An amount as the reader writes it; `whole` leaves the cents out."""
    pattern = "¤#,##0" if whole else None
    return str(format_currency(amount, currency, pattern, locale=locale_of(), currency_digits=not whole))
