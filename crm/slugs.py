"""Short names for addresses: made from what people typed, free, and never one that a page has."""

from __future__ import annotations

from collections.abc import Callable, Container
from itertools import count
from typing import Any

from django.db.models import QuerySet
from django.utils.text import slugify

LONGEST = 70  # Leaves room for a number in columns of 80.


def free_slug(
    name: str, rows: QuerySet[Any], *, otherwise: str, reserved: Container[str] = frozenset()
) -> str:
    """A short name that none of the rows has yet; `otherwise` stands for a name without a letter."""
    base = slugify(name, allow_unicode=True)[:LONGEST] or otherwise
    taken = set(rows.filter(slug__startswith=base).values_list("slug", flat=True))
    return first_free(base, lambda slug: slug in taken or slug in reserved)


def first_free(base: str, is_taken: Callable[[str], bool]) -> str:
    """The word itself, else with the first number from 2 on that makes it free."""
    words = (base if number == 1 else f"{base}-{number}" for number in count(1))
    return next(word for word in words if not is_taken(word))
