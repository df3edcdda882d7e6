"""Room in memory for work on everyone, by the size of the database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import DatabaseError, connection

LEAST_KB, MOST_KB = 64_000, 256_000
EACH_STEP_MB, TEMPORARY_MB = 128, 256
SHARE = 12  # Of the database, that is held; indexes are what is come back to.


@contextlib.contextmanager
def roomy() -> Iterator[None]:
    """On SQLite hold more of a large database, and map none of its file: that would count as our memory.

    PostgreSQL sorts and joins in memory what it would else write to files, and keeps more of the tables that
    only we see.
    """
    if connection.vendor == "postgresql":
        with _wide():
            yield
        return
    size = _asked("page_count") * _asked("page_size") // 1024
    wanted = {
        "cache_size": -min(max(size // SHARE, LEAST_KB), MOST_KB),
        "mmap_size": 0,
        "wal_autocheckpoint": 0,  # No waiting at the end of a transaction; see `put_in_place`.
    }
    before = {name: _asked(name) for name in wanted}
    for name, value in wanted.items():
        _asked(f"{name} = {value}")
    try:
        yield
    finally:
        for name, value in before.items():
            _asked(f"{name} = {value}")


def put_in_place() -> None:
    """Let SQLite move what was written to its place, while others read and write."""
    if connection.vendor != "postgresql":
        _asked("wal_checkpoint(PASSIVE)")


@contextlib.contextmanager
def _wide() -> Iterator[None]:
    if not connection.in_atomic_block:
        connection.close()  # Room for temporary tables can be chosen before the first of a connection only.
        _run(f"SET temp_buffers = '{TEMPORARY_MB}MB'")
    _run(f"SET work_mem = '{EACH_STEP_MB}MB'")
    _run("SET jit = off")
    try:
        yield
    finally:
        with contextlib.suppress(DatabaseError):  # A broken transaction, whose end takes them back.
            _run("RESET work_mem")
            _run("RESET jit")


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)


def _asked(pragma: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
