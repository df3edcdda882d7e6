"""Rows as the database holds them, read and written back exactly: no ORM, no conversion, no masking."""

from __future__ import annotations

import json
from collections.abc import Collection, Iterator, Sequence
from hashlib import blake2b
from itertools import batched
from typing import Any, Final

from django.db import connection

from crm.journal.graph import Table, columns, owner, pk

AT_ONCE: Final = 5000
VALUES: Final = "SELECT value FROM json_each(%s)"  # On SQLite.

type Row = tuple[int, int | None, tuple[Any, ...]]  # Key, customer, values in the order of the columns.


def _plain(value: Any) -> Any:
    return {"$hex": bytes(value).hex()}


def _back(found: dict[str, Any]) -> Any:
    return bytes.fromhex(found["$hex"]) if set(found) == {"$hex"} else found


_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":"), default=_plain).encode


def pack(names: Sequence[str], values: Sequence[Any]) -> str:
    return _json(dict(zip(names, values, strict=True)))


def unpack(image: str) -> dict[str, Any]:
    return dict(json.loads(image, object_hook=_back))


def as_json(rows: Any) -> str:
    return _json(rows)


def digest(values: Sequence[Any]) -> str:
    return blake2b(_json(values).encode("utf-8", "surrogatepass"), digest_size=16).hexdigest()


def among(column: str) -> str:
    """SQL: the column is one of the numbers of one parameter; see `keys`."""
    if column.isidentifier():
        column = connection.ops.quote_name(column)
    if connection.vendor == "postgresql":
        return f"{column} = ANY(%s)"
    return f"{column} IN ({VALUES})"


def keys(numbers: Collection[int]) -> Any:
    return list(numbers) if connection.vendor == "postgresql" else json.dumps(list(numbers))


def read(
    model: Table, names: Sequence[str], numbers: Collection[int], *, lock: bool = False
) -> Iterator[Row]:
    """These rows as plain values: text on PostgreSQL, what is stored on SQLite."""
    quote = connection.ops.quote_name
    postgres = connection.vendor == "postgresql"
    # A plus keeps SQLite's driver from converting by the column's declared type.
    parts = [f"t.{quote(name)}::text" if postgres else f"+t.{quote(name)}" for name in names]
    key = f"t.{quote(pk(model))}"
    sql = (
        f"SELECT {', '.join([key, owner(model), *parts])} FROM {quote(model._meta.db_table)} t"
        f" WHERE {among(key)}{' FOR UPDATE OF t' if lock and postgres else ''}"
    )
    for some in batched(numbers, AT_ONCE):
        with connection.cursor() as cursor:
            cursor.execute(sql, [keys(some)])
            for number, customer, *values in cursor.fetchall():
                yield number, customer, tuple(values)


def update(model: Table, images: dict[int, dict[str, Any]]) -> None:
    """Write these rows back over what stands there now; all images hold the same columns."""
    if not images:
        return
    quote = connection.ops.quote_name
    names = list(next(iter(images.values())))
    table, key = quote(model._meta.db_table), quote(pk(model))
    if connection.vendor == "postgresql":
        kinds = _kinds(model)
        parts = ", ".join(f"{quote(name)} = (x.image->>%s)::{kinds[name]}" for name in names)
        sql = f"UPDATE {table} t SET {parts} FROM {_UNNEST} WHERE t.{key} = x.number"
        _execute(sql, [*names, *_lists(images)])
    else:
        parts = ", ".join(f"{quote(name)} = %s" for name in names)
        values = [[*image.values(), number] for number, image in images.items()]
        with connection.cursor() as cursor:
            cursor.executemany(f"UPDATE {table} SET {parts} WHERE {key} = %s", values)


def insert(model: Table, images: dict[int, dict[str, Any]]) -> None:
    """Bring deleted rows back under their numbers; columns that are younger than the image get defaults."""
    if not images:
        return
    quote = connection.ops.quote_name
    names = list(next(iter(images.values())))
    fresh = {
        str(one.column): one.get_db_prep_save(one.get_default(), connection)
        for one in model._meta.concrete_fields
        if one.column in set(columns(model)) - set(names)
    }
    told = ", ".join(quote(name) for name in [pk(model), *names, *fresh])
    table = quote(model._meta.db_table)
    if connection.vendor == "postgresql":
        kinds = _kinds(model)
        parts = [f"(x.image->>%s)::{kinds[name]}" for name in names] + ["%s"] * len(fresh)
        sql = f"INSERT INTO {table} ({told}) SELECT {', '.join(['x.number', *parts])} FROM {_UNNEST}"
        _execute(sql, [*names, *fresh.values(), *_lists(images)])
    else:
        marks = ", ".join(["%s"] * (1 + len(names) + len(fresh)))
        values = [[number, *image.values(), *fresh.values()] for number, image in images.items()]
        with connection.cursor() as cursor:
            cursor.executemany(f"INSERT INTO {table} ({told}) VALUES ({marks})", values)


def delete(table: str, column: str, numbers: Collection[int], *, where: tuple[str, str] | None = None) -> int:
    """Delete without asking the ORM what else hangs on it, of rows `where` a column has a value only;
    returns how many went."""
    quote = connection.ops.quote_name
    also, values = (f" AND {quote(where[0])} = %s", [where[1]]) if where else ("", [])
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {quote(table)} WHERE {among(column)}{also}", [keys(numbers), *values])
        return int(cursor.rowcount)


_UNNEST: Final = "(SELECT unnest(%s::bigint[]) AS number, unnest(%s::text[])::jsonb AS image) x"


def _lists(images: dict[int, dict[str, Any]]) -> tuple[list[int], list[str]]:
    return list(images), [_json(image) for image in images.values()]


def _kinds(model: Table) -> dict[str, str]:
    return {str(one.column): str(one.cast_db_type(connection)) for one in model._meta.concrete_fields}


def _execute(sql: str, parameters: list[Any]) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql, parameters)
