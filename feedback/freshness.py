"""Whether figures that were kept still say what the answers say."""

from __future__ import annotations

import secrets
from collections.abc import Callable
from typing import Any

from django.core.cache import cache
from django.db.models import QuerySet
from django.utils import timezone

from feedback.models import Answer

KEPT = 600  # Seconds; segments and what is known of customers change without an answer.
_KEY = "feedback-figures"


def mark(answers: QuerySet[Answer]) -> str:
    """Another text whenever one of these answers came or was corrected, or somebody called `forget`.

    The newest one tells, as whoever sends or corrects an answer does it now; a date of the future, which a
    file may bring, must not hide that. Read from the end of an index, however many answers there are.
    """
    newest = answers.filter(answered_at__lte=timezone.now()).order_by("-answered_at")
    last = newest.values_list("answered_at", flat=True).first()
    return f"{cache.get(_KEY, '')}:{last:%Y%m%d%H%M%S%f}" if last else f"{cache.get(_KEY, '')}:none"


def forget(**_signal: Any) -> None:
    """Answers changed that may be old: an import, a merge, one that was believed or sent late."""
    cache.set(_KEY, secrets.token_hex(6), None)


def kept[T](name: str, answers: QuerySet[Answer], count: Callable[[], T]) -> T:
    """What was counted of these answers, counted anew once they changed; groups of people may be older."""
    key = f"feedback-figures:{name}:{mark(answers)}"
    found: T | None = cache.get(key)
    if found is None:
        found = count()
        cache.set(key, found, KEPT)
    return found
