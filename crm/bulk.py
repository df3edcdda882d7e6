"""Many ready rows into one table as fast as each database takes them: COPY, or many rows a statement.

SQLite gives Python's lock away at each statement, and waits for it again where another thread works: with one
row a statement that takes hundreds of times as long.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from itertools import batched, chain
from typing import Any, cast

from django.core.management.color import no_style
from django.db import connection
from django.db.models import Field, Max, Model
from django.db.models.expressions import RawSQL

MOST_VALUES = 900  # Of a statement; builds of SQLite take 999 at least.


def texts(values: Iterable[str]) -> RawSQL:
    """For `column__in`: many texts as one parameter; writing out thousands costs more than finding them."""
    return _one_of(values, "text")


def numbers(values: Iterable[int]) -> RawSQL:
    """The same for whole numbers."""
    return _one_of(values, "bigint")


def _one_of(values: Iterable[Any], kind: str) -> RawSQL:
    """The kind is ours, the values are a parameter."""
    if connection.vendor == "postgresql":
        return RawSQL(f"SELECT unnest(%s::{kind}[])", [list(values)])  # noqa: S611
    return RawSQL("SELECT value FROM json_each(%s)", [json.dumps(list(values))])


def key_kind() -> str:
    """The kind of a key in a temporary table: by an `integer` one SQLite finds rows without an index."""
    return "bigint" if connection.vendor == "postgresql" else "integer"


def filled_key() -> str:
    """The same for a table that is filled at once and `filled` then."""
    return "bigint" if connection.vendor == "postgresql" else "integer PRIMARY KEY"


def filled(table: str, key: str) -> None:
    """Index it on PostgreSQL, which takes a fifth of the time once the rows are there, and count it anew."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute(f"CREATE INDEX ON {table} ({key}); ANALYZE {table}")


def next_id(model: type[Model]) -> int:
    """The first number that no row of the table carries yet."""
    return (model._default_manager.aggregate(top=Max("pk"))["top"] or 0) + 1


def reserve(model: type[Model], count: int) -> list[int]:
    """Numbers for that many new rows, which nobody else gets; call inside a transaction."""
    if (
        connection.vendor != "postgresql"
    ):  # The write lock of SQLite is ours until the end of the transaction.
        first = next_id(model)
        return list(range(first, first + count))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT nextval(pg_get_serial_sequence(%s, 'id')) FROM generate_series(1, %s)",
            [connection.ops.quote_name(model._meta.db_table), count],
        )
        return [row[0] for row in cursor.fetchall()]


_json = json.JSONEncoder(ensure_ascii=False).encode  # Made once: making one costs more than using it.


def json_text(value: Any) -> str:
    """A JSON column's plain value."""
    return _json(value)


def write_full(model: type[Model], rows: Iterable[dict[str, Any]]) -> None:
    """Insert rows given as {column: plain value}, all alike; other columns get their defaults."""
    rows = list(rows)
    if not rows:
        return
    defaults = {
        str(field.column): field.get_db_prep_save(field.get_default(), connection)
        for field in model._meta.concrete_fields
        if field.column not in rows[0] and not field.primary_key
    }
    fixed = list(defaults.values())
    given = list(rows[0])
    write(model, [*given, *defaults], ([*(row[name] for name in given), *fixed] for row in rows))


def write(model: type[Model], columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """Insert rows of plain values (text, numbers, ISO moments in UTC, JSON as text); nothing is checked."""
    write_table(model._meta.db_table, columns, rows)


def write_table(name: str, columns: Sequence[str], rows: Iterable[Sequence[Any]]) -> None:
    """The same into a table by its name, for temporary ones."""
    quote = connection.ops.quote_name
    table = quote(name)
    names = ", ".join(quote(name) for name in columns)
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            with cursor.copy(f"COPY {table} ({names}) FROM STDIN") as copy:
                for row in rows:
                    copy.write_row(row)
        else:
            head, one = f"INSERT INTO {table} ({names}) VALUES ", f"({', '.join(['%s'] * len(columns))})"
            for some in batched(rows, max(1, MOST_VALUES // len(columns))):
                cursor.execute(head + ", ".join([one] * len(some)), list(chain.from_iterable(some)))


def rewrite(rows: Iterable[Model], names: Sequence[str]) -> None:
    """Write these fields of rows that are stored already, all in one statement."""
    rows = list(rows)
    if not rows or not names:
        return
    meta = type(rows[0])._meta
    fields = [cast("Field[Any, Any]", meta.get_field(name)) for name in names]
    keys = [row.pk for row in rows]
    values = [
        [field.get_db_prep_save(getattr(row, field.attname), connection) for row in rows] for field in fields
    ]
    quote = connection.ops.quote_name
    table, key = quote(meta.db_table), quote(str(meta.pk.column))
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            changes, parameters, source = _from_lists(fields, values)
            cursor.execute(
                f"UPDATE {table} t SET {changes} FROM {source} WHERE t.{key} = x.number", [*parameters, keys]
            )
        else:
            changes = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)
            cursor.executemany(
                f"UPDATE {table} SET {changes} WHERE {key} = %s", list(zip(*values, keys, strict=True))
            )


def _from_lists(fields: Sequence[Field[Any, Any]], values: Sequence[list[Any]]) -> tuple[str, list[Any], str]:
    """The changes, their parameters, and the table of what differs by row (the keys are its last one)."""
    changes, told, lists = [], [], []
    once: list[Any] = []
    many: list[Any] = []
    for place, (field, found) in enumerate(zip(fields, values, strict=True)):
        column, kind = connection.ops.quote_name(str(field.column)), field.cast_db_type(connection)
        if all(one == found[0] for one in found):
            changes.append(f"{column} = %s::{kind}")
            once.append(found[0])
        else:
            changes.append(f"{column} = x.c{place}")
            told.append(f"c{place}")
            lists.append(f"%s::{kind}[]")
            many.append(found)
    source = f"unnest({', '.join([*lists, '%s::bigint[]'])}) x({', '.join([*told, 'number'])})"
    return ", ".join(changes), [*once, *many], source


def follow(*models: type[Model]) -> None:
    """Let the tables' own numbering continue after rows that brought their numbers."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models)):
            cursor.execute(statement)


def analyze(*models: type[Model]) -> None:
    """Let PostgreSQL count anew after many rows came, instead of minutes later; SQLite plans without it."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for model in models:
            cursor.execute(f"ANALYZE {connection.ops.quote_name(model._meta.db_table)}")
