"""Many ready rows into one table as fast as each database takes them: COPY or executemany."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from django.core.management.color import no_style
from django.db import connection
from django.db.models import Max, Model


def next_id(model: type[Model]) -> int:
    """The first number that no row of the table carries yet."""
    return (model._default_manager.aggregate(top=Max("pk"))["top"] or 0) + 1


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


def follow(*models: type[Model]) -> None:
    """Let the tables' own numbering continue after rows that brought their numbers."""
    with connection.cursor() as cursor:
        for statement in connection.ops.sequence_reset_sql(no_style(), list(models)):
            cursor.execute(statement)
