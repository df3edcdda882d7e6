"""Earlier answers and what is known of the customer, within the texts of a survey.

    Hello {{ first_name | there }}, you gave us {{ score }}: what was wrong with {{ reason }}?

After the bar stands what is said when nothing is known. Everything is plain text; the page escapes it.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping
from typing import Any

from crm.models import Customer
from feedback import texts
from feedback.models import Question

PLACE = re.compile(r"\{\{\s*([\w.-]+)\s*(?:\|\s*([^{}|]*?)\s*)?\}\}")
LONGEST = 200
OF_PERSON = ("first_name", "last_name", "city")  # Nothing that a forwarded link should not show.

type Fill = Callable[[str], str]


def filler(
    customer: Customer,
    questions: Iterable[Question],
    said: Mapping[str, Any],
    language: str,
    product: str = "",
) -> Fill:
    """A function that fills the places of a text for one person."""
    by_key = {one.key: one for one in questions}

    def value(name: str) -> str:
        if name in OF_PERSON:
            return str(getattr(customer, name))
        if name == "product":
            return product
        known = said.get(name)
        if known in (None, "", []):
            return ""
        words = texts.in_words(by_key[name], known, language) if name in by_key else known
        return ", ".join(map(str, words)) if isinstance(words, list) else str(words)

    def fill(text: str) -> str:
        if "{{" not in text:
            return text
        return PLACE.sub(lambda found: value(found[1])[:LONGEST] or found[2] or "", text)

    return fill


def unknown(text: str, keys: Iterable[str]) -> list[str]:
    """Names in a text that nothing will ever fill."""
    known = {*OF_PERSON, "product", "score", "comment", *keys}
    return [found[1] for found in PLACE.finditer(text) if found[1] not in known]
