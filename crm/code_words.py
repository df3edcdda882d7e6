"""Codes that customers carry – a language, a gender – in the reader's words; anything else stays as it is."""

from __future__ import annotations

import re

from babel import Locale, UnknownLocaleError
from django.utils.translation import pgettext_lazy, to_locale

from crm.languages import locale_of

CODE = re.compile(r"[a-z]{2,3}([-_][a-z0-9]{2,8}){0,2}", re.IGNORECASE)
GENDERS = {
    **dict.fromkeys(("f", "female", "w", "weiblich", "femme", "女"), pgettext_lazy("gender", "Female")),
    **dict.fromkeys(("m", "male", "männlich", "homme", "男"), pgettext_lazy("gender", "Male")),
    **dict.fromkeys(
        ("d", "x", "divers", "diverse", "other", "non-binary", "nonbinary"), pgettext_lazy("gender", "Other")
    ),
}


def said(column: str, value: str) -> str:
    """The value of `column` of a customer as people read it."""
    if column == "gender":
        return str(GENDERS.get(value.strip().casefold(), value))
    return language(value) if column == "language" else value


def language(code: str) -> str:
    """The name of a language ("zh-hans" → “Chinese (Simplified)”); the code itself when nobody knows it."""
    if not CODE.fullmatch(code):
        return code
    try:
        named = Locale.parse(to_locale(code)).get_display_name(locale_of())
    except (UnknownLocaleError, ValueError):
        return code
    return named[:1].upper() + named[1:] if named else code
