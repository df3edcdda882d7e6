"""Notes beside figures: stored as codes with the numbers of their sentence, told in the reader's words."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import date
from typing import Any

from django.utils.formats import date_format

from crm import languages
from crm.templatetags.crm_format import number

type Note = dict[str, Any]  # {"code": …, and the numbers that its sentence names}

TIMES = ("ahead", "back", "days", "wanted")  # Are said in days.
DATES = ("day", "first")


def in_words(words: Mapping[str, Any], notes: Sequence[Note]) -> list[str]:
    """Each note as a sentence of `words`; a code without one is passed over."""
    return [
        str(words[one["code"]]) % {name: _said(name, value) for name, value in one.items()}
        for one in notes
        if one.get("code") in words
    ]


def _said(name: str, value: Any) -> Any:
    if name in TIMES:
        return languages.days(value)
    if name in DATES:
        return date_format(date.fromisoformat(value), "DATE_FORMAT")
    return number(value) if isinstance(value, int) else value
