"""SQL → arrays of numbers, the quick way of each database: no Python object outlives its chunk."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import numpy as np
import numpy.typing as npt
from django.db import connection

from segments import days

CHUNK = 20_000
DAY = 86_400
HEAD, TAIL = 19, 2  # Bytes before and after the rows of a binary COPY.
KINDS = {"i": ("i8", "CAST({} AS bigint)"), "f": ("f8", "COALESCE(CAST({} AS double precision), 'NaN')")}

type Ints = npt.NDArray[np.int64]


def read(sql: str, values: Mapping[str, Any], kinds: str) -> tuple[Any, ...]:
    """The columns of a query, one array each: "i" whole numbers, never NULL; "f" others, NaN where NULL."""
    rows = (_copied if connection.vendor == "postgresql" else _fetched)(sql, values, kinds)
    return tuple(np.ascontiguousarray(rows[f"c{place}"], KINDS[kind][0]) for place, kind in enumerate(kinds))


def _fetched(sql: str, values: Mapping[str, Any], kinds: str) -> Any:
    kind = np.dtype([(f"c{place}", KINDS[one][0]) for place, one in enumerate(kinds)])
    with connection.cursor() as cursor:
        cursor.execute(sql, dict(values))
        pieces = [np.empty(0, kind)]
        while rows := cursor.fetchmany(CHUNK):
            pieces.append(np.array(rows, kind))
    return np.concatenate(pieces)


def _copied(sql: str, values: Mapping[str, Any], kinds: str) -> Any:
    """PostgreSQL's own binary rows: the number of columns, then each one's length and big-endian value."""
    names = [f"c{place}" for place in range(len(kinds))]
    chosen = ", ".join(KINDS[one][1].format(name) for name, one in zip(names, kinds, strict=True))
    fields: list[tuple[str, str]] = [("columns", ">i2")]
    for name, one in zip(names, kinds, strict=True):
        fields += [(f"{name}_length", ">i4"), (name, f">{KINDS[one][0]}")]
    found = bytearray()
    statement = f"COPY (SELECT {chosen} FROM ({sql}) found ({', '.join(names)})) TO STDOUT (FORMAT binary)"
    with connection.cursor() as cursor, cursor.cursor.copy(statement, dict(values)) as copy:
        for piece in copy:
            found += piece
    return np.frombuffer(
        found, np.dtype(fields), (len(found) - HEAD - TAIL) // np.dtype(fields).itemsize, HEAD
    )


def along(*columns: str) -> str:
    """An order that makes SQLite read along the index of these columns instead of meeting rows one by one.

    PostgreSQL would sort; whoever needs the order does so itself.
    """
    return "" if connection.vendor == "postgresql" else f"ORDER BY {', '.join(columns)}"


def second_of(column: str) -> str:
    """SQL of a moment as whole seconds since 1970."""
    if connection.vendor == "postgresql":
        return f"FLOOR(EXTRACT(EPOCH FROM {column}))"
    return f"CAST(strftime('%%s', {column}) AS integer)"


def days_of(seconds: Ints, zone: ZoneInfo, until: datetime) -> Ints:
    """The calendar days in `zone`, from 1970 on, of moments before `until`; as `days.day_of` finds them."""
    changes = days.clock_changes(zone, until)
    starts = np.array([int(at.timestamp()) for at, _offset in changes[1:]], np.int64)
    offsets = np.array([offset for _at, offset in changes], np.int64)
    return np.asarray((seconds + offsets[np.searchsorted(starts, seconds, side="right")]) // DAY)
