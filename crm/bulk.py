"""Many ready rows into one table as fast as each database takes them: COPY or executemany."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.color import no_style
from django.db import connection
from django.db.models import Max, Model


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


def json_text(value: Any) -> str:
    """A JSON column's plain value."""
    return json.dumps(value, ensure_ascii=False)


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
            marks = ", ".join(["%s"] * len(columns))
            cursor.executemany(  # Any iterable will do.
                f"INSERT INTO {table} ({names}) VALUES ({marks})",
                rows,  # type: ignore[arg-type]
            )


def rewrite(rows: Iterable[Model], names: Sequence[str]) -> None:
    """Write these fields of rows that are stored already: one statement, prepared once, for all of them."""
    rows = list(rows)
    if not rows:
        return
    meta = type(rows[0])._meta
    fields = [meta.get_field(name) for name in names]
    quote = connection.ops.quote_name
    changes = ", ".join(f"{quote(str(field.column))} = %s" for field in fields)  # type: ignore[union-attr]
    statement = f"UPDATE {quote(meta.db_table)} SET {changes} WHERE {quote(str(meta.pk.column))} = %s"
    values = [
        [*(one.get_db_prep_save(getattr(row, one.attname), connection) for one in fields), row.pk]  # type: ignore[union-attr]
        for row in rows
    ]
    with connection.cursor() as cursor:
        cursor.executemany(statement, values)


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
