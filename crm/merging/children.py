"""Every row that points at somebody, of whatever app, goes over to the survivor; found through `_meta`."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from django.db.models import Field, ForeignKey, Model, Q, QuerySet, UniqueConstraint

from crm import journal
from crm.journal import graph
from crm.models import CustomerTag, Journal

type Table = type[Model]

_carried: dict[Table, Q] = {}


def carry(model: Table, rows: Q) -> None:
    """Of a table that is calculated anew anyway, these rows were made by hand and belong to the person."""
    _carried[model] = rows


def take_over(book: Journal, model: Table, winner: int, losers: Sequence[int]) -> int:
    """Let all rows that point at the losers point at the winner; returns how many rows moved.

    Where a unique constraint allows only one (a tag, an invitation), the winner's row stays and takes over
    what hangs on the other one, which goes. Rows that would then tell of one person twice go as well.
    """
    moved = 0
    for other, column in graph.referrers(model):
        moved += _move(book, _reference(other, column), winner, losers, other._base_manager.all())
    for other, column in graph.followers(model):
        field = _reference(other, column)
        rows = other._base_manager.filter(**{f"{field.name}__in": losers})
        _keep(book, other, rows)
        if other in _carried:
            moved += _move(book, field, winner, losers, other._base_manager.filter(_carried[other]))
        rows.delete()
    return moved


def _move(
    book: Journal, field: ForeignKey[Any, Any], winner: int, losers: Sequence[int], rows: QuerySet[Any]
) -> int:
    model: Table = field.model
    mine = rows.filter(**{f"{field.name}__in": losers})
    _keep(book, model, mine)
    for twin, held in _doubled(field, winner, mine):
        _give_way(book, field, twin, held)
    moved = 0
    for own in _own_pairs(field):  # "A is not B" says nothing once both are the same.
        mine.filter(**{f"{own.name}__in": [winner, *losers]}).delete()
    moved += mine.update(**{field.name: winner})
    return moved


def _reference(model: Table, column: str) -> ForeignKey[Any, Any]:
    return next(
        one for one in model._meta.concrete_fields if one.column == column and isinstance(one, ForeignKey)
    )


def _keep(book: Journal, model: Table, rows: QuerySet[Any]) -> None:
    journal.keep(book, model, list(rows.values_list("pk", flat=True)))


def _own_pairs(field: ForeignKey[Any, Any]) -> list[Field[Any, Any]]:
    """Other columns of the same table that name a customer too."""
    return [
        one
        for one in field.model._meta.concrete_fields
        if isinstance(one, ForeignKey) and one is not field and one.related_model is field.related_model
    ]


def _promises(field: ForeignKey[Any, Any]) -> Iterator[tuple[tuple[str, ...], Q]]:
    """The columns beside this one that may occur once per person, and for which rows."""
    meta = field.model._meta
    if field.unique:
        yield (), Q()
    for together in meta.unique_together:
        if field.name in together:
            yield tuple(name for name in together if name != field.name), Q()
    for constraint in meta.constraints:
        if isinstance(constraint, UniqueConstraint) and field.name in constraint.fields:
            yield tuple(name for name in constraint.fields if name != field.name), constraint.condition or Q()


def _doubled(field: ForeignKey[Any, Any], winner: int, mine: QuerySet[Any]) -> Iterator[tuple[int, int]]:
    """(row that cannot move, row that has its place) of each promise."""
    gone: set[int] = set()
    everything: QuerySet[Any] = field.model._base_manager.all()
    for names, condition in _promises(field):
        theirs = everything.filter(condition, **{field.name: winner}).order_by("pk")
        held = {tuple(values): pk for pk, *values in theirs.values_list("pk", *names)}
        for pk, *values in mine.filter(condition).order_by("pk").values_list("pk", *names):
            if pk in gone or None in values:
                continue
            if (place := held.setdefault(tuple(values), pk)) != pk:
                gone.add(pk)
                yield pk, place


def _give_way(book: Journal, field: ForeignKey[Any, Any], twin: int, held: int) -> None:
    """The row goes, what hangs on it goes over; a link that only one may have is cut where it can be."""
    model: Table = field.model
    if field.null and field.model._base_manager.filter(pk=twin).update(**{field.name: None}):
        return
    if model is CustomerTag:
        _heavier(book, twin, held)
    take_over(book, model, held, [twin])
    model._base_manager.filter(pk=twin).delete()


def _heavier(book: Journal, twin: int, held: int) -> None:
    """Of two equal tags the larger weight counts."""
    weight = CustomerTag.objects.values_list("weight", flat=True).get(pk=twin)
    lighter = CustomerTag.objects.filter(pk=held, weight__lt=weight)
    _keep(book, CustomerTag, lighter)
    lighter.update(weight=weight)
