"""How tables hang together: whose row it is, which rows point at it, what must be written first."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cache
from graphlib import CycleError, TopologicalSorter

from django.apps import apps
from django.db import connection
from django.db.models import ForeignKey, Model

from crm.models import Customer

type Table = type[Model]

_derived: set[str] = set()
_partly: dict[str, tuple[str, str]] = {}
_overlooked: dict[str, frozenset[str]] = {}


def derived(*models: Table) -> None:
    """Rows of these are calculated: they never stand in the way and go with the row they point at."""
    _derived.update(model._meta.label_lower for model in models)


def derived_where(model: Table, column: str, value: str) -> None:
    """The same of those rows of a table that hold this value, as tags that a model gave."""
    _partly[label(model)] = (column, value)


def calculated(model: Table) -> tuple[str, str] | None:
    """(column, value) of the calculated rows of a table that has others, too."""
    return _partly.get(label(model))


def overlook(model: Table, *names: str) -> None:
    """Columns that the program calculates itself: a new value there is no later edit."""
    name = label(model)
    _overlooked[name] = overlooked(name) | frozenset(names)


def overlooked(name: str) -> frozenset[str]:
    return _overlooked.get(name, frozenset())


def label(model: Table) -> str:
    return model._meta.label_lower


def model_of(name: str) -> Table:
    return apps.get_model(name)


def pk(model: Table) -> str:
    return str(model._meta.pk.column) if model._meta.pk else "id"


@cache
def columns(model: Table) -> tuple[str, ...]:
    """All columns but the key and those that the database fills itself."""
    fields = model._meta.concrete_fields
    return tuple(str(one.column) for one in fields if not one.primary_key and not one.generated)


def _keys(model: Table) -> list[ForeignKey[Model, Model]]:
    return [one for one in model._meta.concrete_fields if isinstance(one, ForeignKey)]


@cache
def owner(model: Table) -> str:
    """SQL for the number of the customer whose row "t" is; NULL where it is nobody's."""
    quote = connection.ops.quote_name
    if model is Customer:
        return "t.id"
    keys = _keys(model)
    for one in keys:
        if one.related_model is Customer:
            return f"t.{quote(str(one.column))}"
    for one in keys:
        parent: Table = one.related_model
        for other in _keys(parent):
            if other.related_model is Customer:
                table, column = quote(parent._meta.db_table), quote(str(other.column))
                return f"(SELECT p.{column} FROM {table} p WHERE p.id = t.{quote(str(one.column))})"
    return "NULL"


@cache
def _pointing(model: Table) -> tuple[tuple[Table, str], ...]:
    found = [
        (one.related_model, str(one.field.column))  # type: ignore[union-attr]
        for one in model._meta.get_fields(include_hidden=True)
        if one.auto_created and not one.concrete and (one.one_to_many or one.one_to_one)
    ]
    return tuple(dict.fromkeys(found))  # type: ignore[arg-type]


def referrers(model: Table) -> list[tuple[Table, str]]:
    """(table, column) of every row that may point at one of this model, calculated ones left out."""
    return [one for one in _pointing(model) if label(one[0]) not in _derived]


def followers(model: Table) -> list[tuple[Table, str]]:
    """The calculated ones."""
    return [one for one in _pointing(model) if label(one[0]) in _derived]


def parents_first(models: Iterable[Table]) -> list[Table]:
    wanted = sorted(models, key=label)
    graph: dict[Table, set[Table]] = {
        model: {
            parent for one in _keys(model) if (parent := one.related_model) in wanted and parent is not model
        }
        for model in wanted
    }
    try:
        return list(TopologicalSorter(graph).static_order())
    except CycleError:
        return wanted
