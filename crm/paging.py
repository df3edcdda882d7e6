"""Keyset pages: the next page starts after the last row seen, so the thousandth is as fast as the first."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Model, Q, QuerySet

from crm import masking


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
    order = _open(queryset.model, order)
    back = bool(before)
    key = _read(after or before, order, queryset.model)
    full = {name for name in order if _never_empty(queryset.model, name)}
    ordered = queryset.order_by(*(_ordering(name, reverse=back, full=name in full) for name in order))
    if key is not None:
        ordered = ordered.filter(_beyond(order, key, back=back, full=full))
    rows = list(ordered[: size + 1])
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    has_previous = more if back else key is not None
    has_next = True if back else more
    return Page(
        rows,
        mark_of(rows[0], order) if rows and has_previous else "",
        mark_of(rows[-1], order) if rows and has_next else "",
    )


def _open(model: type[Model], order: Sequence[str]) -> Sequence[str]:
    """Without names and addresses for who sees masked data: place and mark would tell them."""
    telling: frozenset[str] = getattr(model, "PERSONAL", frozenset())
    return [name for name in order if name.lstrip("-") not in telling] if masking.active() else order


def mark_of(row: Model, order: Sequence[str]) -> str:
    """The mark of one row: pages may begin before or after it."""
    order = _open(type(row), order)
    text = json.dumps([_value(row, name) for name in order], default=str)  # Keeps microseconds.
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def readable(mark: str, order: Sequence[str], model: type[Model]) -> bool:
    """Whether a mark is one that a page in this order gave."""
    return _read(mark, order, model) is not None


def _column(model: type[Model], name: str) -> Any:
    """The field of a plain column; None for joined and annotated ones."""
    try:
        return model._meta.get_field(model._meta.pk.name if name.lstrip("-") == "pk" else name.lstrip("-"))
    except FieldDoesNotExist:
        return None


def _never_empty(model: type[Model], name: str) -> bool:
    column = _column(model, name)
    return column is not None and not column.null


def _ordering(name: str, *, reverse: bool, full: bool) -> Any:
    descending = name.startswith("-")
    field = F(name.lstrip("-"))
    if full:  # Without NULLS LAST, so that an index can give the order.
        return field.desc() if descending != reverse else field.asc()
    if reverse:  # The exact mirror image, empty values first.
        return field.asc(nulls_first=True) if descending else field.desc(nulls_first=True)
    return field.desc(nulls_last=True) if descending else field.asc(nulls_last=True)


def _beyond(order: Sequence[str], key: Sequence[Any], *, back: bool, full: set[str]) -> Q:
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
            if not back and name not in full:
                step |= Q(**{f"{field}__isnull": True})
            same = Q(**{field: value})
        condition |= equal & step
        equal &= same
    if order[0] in full:  # Says the same again in a form that an index can start from.
        start = "lte" if order[0].startswith("-") != back else "gte"
        condition &= Q(**{f"{order[0].lstrip('-')}__{start}": key[0]})
    return condition


def _value(row: Model, path: str) -> Any:
    value: Any = row
    for part in path.lstrip("-").split("__"):
        value = getattr(value, part, None)
    return value


def _read(mark: str, order: Sequence[str], model: type[Model]) -> list[Any] | None:
    try:
        key: Any = json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
    except (ValueError, RecursionError, binascii.Error):
        return None
    simple = isinstance(key, list) and all(one is None or isinstance(one, str | int | float) for one in key)
    if not simple or len(key) != len(order):
        return None
    for name, value in zip(order, key, strict=True):
        column = _column(model, name)
        try:
            if value is not None and column is not None:
                column.to_python(value)
        except (ValidationError, TypeError, ValueError, OverflowError):
            return None
        if value is None and _never_empty(model, name):
            return None
    return list(key)
