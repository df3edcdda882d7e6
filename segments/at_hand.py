"""Some customers at hand, in a temporary table of this transaction.

What is calculated for everybody can so be calculated for these alone, by the same statements and the same
code: a few purchases need not wait until a million customers were described anew.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from typing import Any

from django.db import connection, transaction
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL

from crm import bulk

TABLE = "people_at_hand"
PEOPLE = f"SELECT id FROM {TABLE}"


@contextlib.contextmanager
def at_hand(sql: str, values: Sequence[Any] = ()) -> Iterator[int]:
    """Inside, the customers that the query finds are at hand; yields how many they are."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(f"CREATE TEMPORARY TABLE {TABLE} (id {bulk.key_kind()} PRIMARY KEY)")
        cursor.execute(f"INSERT INTO {TABLE} (id) {sql}", list(values))
        count = int(cursor.rowcount)
        if connection.vendor == "postgresql":
            cursor.execute(f"ANALYZE {TABLE}")
        yield count
        cursor.execute(f"DROP TABLE {TABLE}")


def within(column: str, few: bool) -> str:
    """SQL to follow a condition: of those at hand only, if `few`."""
    return f" AND {column} IN ({PEOPLE})" if few else ""


def only[Rows: QuerySet[Any]](rows: Rows, path: str, few: bool) -> Rows:
    """The same for the rows of a query."""
    return rows.filter(**{f"{path}__in": RawSQL(PEOPLE, [])}) if few else rows  # noqa: S611
