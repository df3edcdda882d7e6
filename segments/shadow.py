"""A temporary table that stands before the live CustomerFeatures: compute aside, then switch in whole.

Both databases look for temporary tables first, so inside `shadow` every query on CustomerFeatures, the ORM's
too, sees the table of this connection while everybody else keeps seeing the live one.
"""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import DatabaseError, connection

from crm import bulk
from crm.models import Customer
from segments.models import CustomerFeatures

TABLE = CustomerFeatures._meta.db_table


@contextlib.contextmanager
def shadow(*, filled: bool = False) -> Iterator[None]:
    """Put an empty table (or, if `filled`, a copy of the live rows) before the live one."""
    _create()
    failed = False
    try:
        if filled:
            _run(f"INSERT INTO {shadow_table()} ({_columns()}) SELECT {_columns()} FROM {live_table()}")
        yield
    except BaseException:
        failed = True
        raise
    finally:
        # In a broken transaction nothing can be dropped; its end takes the table with it.
        with contextlib.suppress(DatabaseError) if failed else contextlib.nullcontext():
            drop()


def publish() -> int:
    """Put the shadow's rows in place of the live ones; people deleted meanwhile stay away."""
    return _overwrite() if connection.vendor == "postgresql" else _replace()


def _replace() -> int:
    """All rows anew, and the indexes after them, in this transaction: SQLite sorts them in a fraction of the
    time that a million places one by one take. Whoever was described in the meantime keeps that.
    """
    people = connection.ops.quote_name(Customer._meta.db_table)
    unknown = f"customer_id NOT IN (SELECT customer_id FROM {shadow_table()})"
    _run(
        f"INSERT INTO {shadow_table()} ({_columns()}) SELECT {_columns()} FROM {live_table()} WHERE {unknown}"
    )
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT name, sql FROM main.sqlite_master"
            " WHERE type = 'index' AND tbl_name = %s AND sql IS NOT NULL",
            [TABLE],
        )
        indexes = cursor.fetchall()
    for name, _sql in indexes:
        _run(f"DROP INDEX main.{connection.ops.quote_name(name)}")
    _run(f"DELETE FROM {live_table()}")
    count = _run(
        f"INSERT INTO {live_table()} ({_columns()}) SELECT {_columns()} FROM {shadow_table()}"
        f" WHERE customer_id IN (SELECT id FROM {people})"
    )
    for name, sql in indexes:  # Else they would be made for the shadow.
        _run(sql.replace(f'INDEX "{name}"', f'INDEX main."{name}"', 1))
    return count


def _overwrite() -> int:
    """In one statement, while others read."""
    people = connection.ops.quote_name(Customer._meta.db_table)
    changed = ", ".join(f"{name} = excluded.{name}" for name in _names() if name != '"customer_id"')
    chosen = ", ".join(f"s.{name}" for name in _names())
    return _run(
        f"INSERT INTO {live_table()} ({_columns()}) SELECT {chosen} FROM {shadow_table()} s"
        f" JOIN {people} c ON c.id = s.customer_id WHERE true"
        f" ON CONFLICT (customer_id) DO UPDATE SET {changed}"
    )


def drop() -> None:
    """Take the shadow away, if it is still there."""
    _run(f"DROP TABLE IF EXISTS {shadow_table()}")


def settle() -> None:
    """Tell the planner what the shadow holds, once it is filled."""
    if connection.vendor == "postgresql":
        _run(f"ANALYZE {shadow_table()}")


def _create() -> None:
    fields = CustomerFeatures._meta.local_concrete_fields
    columns = ", ".join(
        f'"{field.column}" '
        + (f"{bulk.key_kind()} PRIMARY KEY" if field.primary_key else str(field.db_type(connection)))
        for field in fields
    )
    _run(f"CREATE TEMPORARY TABLE {connection.ops.quote_name(TABLE)} ({columns})")


def _names() -> list[str]:
    return [f'"{field.column}"' for field in CustomerFeatures._meta.local_concrete_fields]


def _columns() -> str:
    return ", ".join(_names())


def shadow_table() -> str:
    return f'{"pg_temp" if connection.vendor == "postgresql" else "temp"}."{TABLE}"'


def live_table() -> str:
    if connection.vendor != "postgresql":
        return f'main."{TABLE}"'
    with connection.cursor() as cursor:
        cursor.execute("SELECT current_schema()")
        return f'"{cursor.fetchone()[0]}"."{TABLE}"'


def _run(sql: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return int(cursor.rowcount)
