"""Keyset pages: the next page starts after the last row seen, so the thousandth is as fast as the first."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import F, Model, Q, QuerySet


@dataclass(frozen=True, slots=True)
class Page[M: Model]:
    """Some rows, and the marks before and after them ("" at an end)."""

    rows: list[M]
    previous: str
    next: str

    def __iter__(self) -> Any:
        return iter(self.rows)

    def __len__(self) -> int:
        return len(self.rows)


def page_of[M: Model](
    queryset: QuerySet[M], order: Sequence[str], *, after: str = "", before: str = "", size: int = 50
) -> Page[M]:
    """One page of `queryset` in `order` (field names, "-" for descending, the last one unique).

    Empty values (NULL) sort last in both directions. A mark that cannot be read gives the first page.
    """
    back = bool(before)
    key = _read(after or before, len(order))
    ordered = queryset.order_by(*(_ordering(name, reverse=back) for name in order))
    if key is not None:
        ordered = ordered.filter(_beyond(order, key, back=back))
    rows = list(ordered[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    has_previous = more if back else key is not None
    has_next = True if back else more
    return Page(
        rows,
        _mark(rows[0], order) if rows and has_previous else "",
        _mark(rows[-1], order) if rows and has_next else "",
    )


def _ordering(name: str, *, reverse: bool) -> Any:
    descending = name.startswith("-")
    field = F(name.lstrip("-"))
    if reverse:  # The exact mirror image, empty values first.
        return field.asc(nulls_first=True) if descending else field.desc(nulls_first=True)
    return field.desc(nulls_last=True) if descending else field.asc(nulls_last=True)


def _beyond(order: Sequence[str], key: Sequence[Any], *, back: bool) -> Q:
    """Rows that come strictly after `key` in `order` (before it when `back`)."""
    condition = Q(pk__in=[])
    equal = Q()
    for name, value in zip(order, key, strict=True):
        field, descending = name.lstrip("-"), name.startswith("-")
        greater = "lt" if descending != back else "gt"
        if value is None:
            step = Q(**{f"{field}__isnull": False}) if back else Q(pk__in=[])
            same = Q(**{f"{field}__isnull": True})
        else:
            step = Q(**{f"{field}__{greater}": value})
            if not back:
                step |= Q(**{f"{field}__isnull": True})
            same = Q(**{field: value})
        condition |= equal & step
        equal &= same
    return condition


def _value(row: Model, path: str) -> Any:
    value: Any = row
    for part in path.lstrip("-").split("__"):
        value = getattr(value, part, None)
    return value


def _mark(row: Model, order: Sequence[str]) -> str:
    text = json.dumps([_value(row, name) for name in order], default=str)  # Keeps microseconds.
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _read(mark: str, width: int) -> list[Any] | None:
    try:
        key = json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
    except (ValueError, binascii.Error):
        return None
    simple = isinstance(key, list) and all(one is None or isinstance(one, str | int | float) for one in key)
    return key if simple and len(key) == width else None
