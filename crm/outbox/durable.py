"""Settling through trouble: a database that is away for a moment must not make a mail go out twice."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress

from django.db import DatabaseError, InterfaceError, OperationalError, connection


@contextmanager
def safely() -> Iterator[None]:
    """While mails leave, SQLite waits for the disk at each commit, as PostgreSQL always does.

    Else a power failure could undo the last claims, and their mails would go out twice. It keeps few pages in
    memory: sending touches each row once, so a long mailing needs no more than a short one.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    tuned = {"synchronous": 2, "mmap_size": 0, "cache_size": -2000}
    with connection.cursor() as cursor:
        before = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in tuned}
        for name, value in tuned.items():
            cursor.execute(f"PRAGMA {name}={value}")
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:  # A lost connection has nothing to set.
            for name, value in before.items():
                cursor.execute(f"PRAGMA {name}={value}")


def surely[T](act: Callable[[], T], waits: Iterable[float] = (0.2, 1, 3, 10)) -> T:
    """Do it, through a lost connection or a busy database too: the mail is out, so its row must say so."""
    for wait in waits:
        try:
            return act()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(wait)
    return act()
