"""Room in memory for work on everyone, by the size of the database."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator

from django.db import connection

LEAST_KB, MOST_KB = 64_000, 256_000
SHARE = 12  # Of the database, that is held; indexes are what is come back to.


@contextlib.contextmanager
def roomy() -> Iterator[None]:
    """On SQLite hold more of a large database, and map none of its file: that would count as our memory."""
    if connection.vendor == "postgresql":
        yield
        return
    size = _asked("page_count") * _asked("page_size") // 1024
    cache, mapped = _asked("cache_size"), _asked("mmap_size")
    _asked(f"cache_size = {-min(max(size // SHARE, LEAST_KB), MOST_KB)}")
    _asked("mmap_size = 0")
    try:
        yield
    finally:
        _asked(f"cache_size = {cache}")
        _asked(f"mmap_size = {mapped}")


def _asked(pragma: str) -> int:
    with connection.cursor() as cursor:
        cursor.execute(f"PRAGMA {pragma}")
        row = cursor.fetchone()
    return int(row[0]) if row else 0
