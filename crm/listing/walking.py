"""The next few thousand customers in the order of a list, met along an index: mostly they hold the next page.

Whoever sorts all who match, or all customers beside their figures, reads a million rows to show fifty.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from functools import cache
from itertools import pairwise
from typing import Any

from django.core.exceptions import FieldDoesNotExist
from django.db import connection, transaction
from django.db.models import Field, Model, QuerySet

from crm.models import Customer
from crm.paging import ordered_from

NEAR = (250, 1_250, 5_000)  # Customers whose own columns give the order: where many match, the first will do.
NEAR_BESIDE = (500, 2_500, 10_000)  # Rows of other tables: thinner, and who matches stands scattered there.


def gathers() -> bool:
    """PostgreSQL reads everybody in the time in which it meets a tenth of them along an index."""
    return connection.vendor == "postgresql"


@contextmanager
def here_and_there() -> Iterator[None]:
    """PostgreSQL takes a row found by an index for four times as dear as the next one, as on turning disks.

    So it would read the figures of everybody instead of those of the few who fit.
    """
    if not gathers():
        yield
        return
    with transaction.atomic():
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL random_page_cost = 1.1; SET LOCAL jit = off")
        yield


def nearest(
    sort: str, order: Sequence[str], among: QuerySet[Customer], *, after: str, before: str
) -> Iterator[list[int]]:
    """The numbers of the customers next to the mark, part by part; none where no index knows the order.

    `sort` is the path by which `order` sorts first, like "features__revenue"; "" for the customers' own.
    """
    if not sort:
        own = ordered_from(among, order, after=after, before=before)
        yield from _parts(own.values_list("pk", flat=True), NEAR)
        return
    found = _beside(sort)
    if found is None:
        return
    model, name, owner = found
    sign = "-" if order[0].startswith("-") else ""
    rows = model._default_manager.filter(**{f"{name}__isnull": False})
    beyond: QuerySet[Any] = ordered_from(
        rows, (f"{sign}{name}", f"{sign}{owner}"), after=after, before=before, known=(name, owner)
    )
    yield from _parts(beyond.values_list(owner, flat=True), NEAR_BESIDE)


def reach(sort: str) -> int:
    """How many customers there are in all parts."""
    return (NEAR_BESIDE if sort else NEAR)[-1]


def _parts(rows: QuerySet[Any, Any], ends: Sequence[int]) -> Iterator[list[int]]:
    for start, end in pairwise((0, *ends)):
        part = list(rows[start:end])
        yield part
        if len(part) < end - start:
            return


def asked_already(customers: QuerySet[Customer], path: str) -> bool:
    """Whether the table that gives the order is read for a condition anyway."""
    link: Any = Customer._meta.get_field(path.partition("__")[0])
    return link.related_model._meta.db_table in customers.query.alias_map


@cache
def _beside(path: str) -> tuple[type[Model], str, str] | None:
    """The one row that another table keeps of each customer: its model, the indexed column, whose it is."""
    relation, _separator, name = path.partition("__")
    try:
        link: Any = Customer._meta.get_field(relation)
        model: type[Model] = link.related_model
        column: Field[Any, Any] = model._meta.get_field(name)  # type: ignore[assignment]
    except (FieldDoesNotExist, AttributeError):
        return None
    indexed = getattr(column, "db_index", False) or any(
        index.fields[:1] == [name] for index in model._meta.indexes
    )
    return (model, name, link.field.attname) if link.one_to_one and indexed else None
