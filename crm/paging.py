"""Keyset pages: the next page starts after the last row seen, so the thousandth is as fast as the first."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import FieldDoesNotExist, ValidationError
from django.db.models import F, Model, Q, QuerySet
from django.db.models.fields.tuple_lookups import Tuple, TupleGreaterThan, TupleLessThan
from django.db.models.functions import Coalesce

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
    queryset: QuerySet[M],
    order: Sequence[str],
    *,
    after: str = "",
    before: str = "",
    size: int = 50,
    gather: bool = False,
) -> Page[M]:
    """One page of `queryset` in `order` (field names, "-" for descending, the last one unique).

    Empty values (NULL) sort last in both directions. A mark that cannot be read gives the first page.
    With `gather` all rows are found first and sorted then, instead of met along an index of the order:
    the planner cannot know that all who match stand at its end.
    """
    ordered = ordered_from(queryset, order, after=after, before=before, gather=gather)
    return page_from(list(ordered[: size + 1]), order, after=after, before=before, size=size)


def page_from[M: Model](
    rows: list[M], order: Sequence[str], *, after: str, before: str, size: int
) -> Page[M]:
    """The page that rows make which `ordered_from` gave, one more than `size` where there are more."""
    back = bool(before)
    more, rows = len(rows) > size, rows[:size]
    if back:
        rows.reverse()
    if not rows:
        return Page([], "", "")
    model = type(rows[0])
    has_previous = more if back else readable(after, _open(model, order), model)
    has_next = True if back else more
    return Page(
        rows, mark_of(rows[0], order) if has_previous else "", mark_of(rows[-1], order) if has_next else ""
    )


def ordered_from[M: Model](
    queryset: QuerySet[M],
    order: Sequence[str],
    *,
    after: str = "",
    before: str = "",
    gather: bool = False,
    known: Collection[str] = (),
) -> QuerySet[M]:
    """All rows beyond a mark; with `before` those nearest to it come first. `known` are never empty here."""
    order = _open(queryset.model, order)
    key = _read(after or before, order, queryset.model)
    full = {name for name in order if name.lstrip("-") in known or _never_empty(queryset.model, name)}
    if known and (after or before) and (key is None or None in key):  # Among rows that have none.
        return queryset.none()
    ordered = queryset.order_by(
        *(
            _ordering(name, reverse=bool(before), full=name in full, bare=not (gather and at == 0))
            for at, name in enumerate(order)
        )
    )
    return ordered if key is None else ordered.filter(_beyond(order, key, back=bool(before), full=full))


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


def _ordering(name: str, *, reverse: bool, full: bool, bare: bool) -> Any:
    descending = name.startswith("-")
    field: Any = F(name.lstrip("-"))
    if not bare:  # The same value, but no index knows this expression.
        field = Coalesce(field, field)
    if full:  # Without NULLS LAST, so that an index can give the order.
        return field.desc() if descending != reverse else field.asc()
    if reverse:  # The exact mirror image, empty values first.
        return field.asc(nulls_first=True) if descending else field.desc(nulls_first=True)
    return field.desc(nulls_last=True) if descending else field.asc(nulls_last=True)


def _beyond(order: Sequence[str], key: Sequence[Any], *, back: bool, full: set[str]) -> Any:
    """Rows that come strictly after `key` in `order` (before it when `back`)."""
    names = [name.lstrip("-") for name in order]
    descending = {name.startswith("-") for name in order}
    if len(order) > 1 and len(descending) == 1 and full.issuperset(order):
        beyond = TupleLessThan if descending.pop() != back else TupleGreaterThan
        return beyond(Tuple(*names), tuple(key))  # One place in the index, not every row of one name.
    condition = Q(pk__in=[])
    equal = Q()
    for name, value in zip(order, key, strict=True):
        field = name.lstrip("-")
        greater = "lt" if name.startswith("-") != back else "gt"
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
