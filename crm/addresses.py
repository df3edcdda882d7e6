"""E-mail addresses in one form, and whether mail can be addressed so. Forms, imports and the API ask here."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache
from typing import Final

from email_validator import EmailNotValidError, validate_email

LONGEST: Final = 254
_SIMPLE = re.compile(
    r"[a-z0-9_+-]+(?:\.[a-z0-9_+-]+)*@(?:[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?\.)+[a-z]{2,24}"
)
_WRAPPING = "\u00a0\u3000\u200b\u200c\u200d\u2060\ufeff\u200e\u200f "  # Copied along with an address, unseen.
_DOTS = str.maketrans("。｡．", "...")


def tidy(text: str) -> str:
    """The address in lower case, full-width signs made narrow, no blanks around it.

    Dots and plus stay: for some providers they tell two people apart.
    """
    text = text.strip().strip(_WRAPPING)
    if not text.isascii():
        text = unicodedata.normalize("NFKC", text.translate(_DOTS)).strip(_WRAPPING)
    return text.lower()


def normalise(text: str) -> str:
    """The address in its one form, "" for a blank text; ValueError when no mail can be addressed so."""
    if any(
        sign in text for sign in "\r\n\0"
    ):  # Two lines are no address, and would be two headers of a mail.
        raise ValueError(text[:LONGEST])
    if not (text := tidy(text)):
        return ""
    if len(text) <= 100 and _SIMPLE.fullmatch(text) and text.index("@") <= 64 and ".xn--" not in text:
        return text
    return _carefully(text)


def is_valid(text: str) -> bool:
    try:
        return bool(normalise(text))
    except ValueError:
        return False


@lru_cache(maxsize=10_000)
def _carefully(text: str) -> str:
    if len(text) > LONGEST:
        raise ValueError(text[:LONGEST])
    try:
        checked = validate_email(text, check_deliverability=False, test_environment=True, strict=True)
    except EmailNotValidError as error:
        raise ValueError(text) from error
    found = str(checked.normalized).lower()
    if len(found) > LONGEST:
        raise ValueError(text)
    return found
