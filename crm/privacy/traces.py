"""Traces below the tables: values in the cache, and what SQLite keeps of deleted rows in its file."""

from __future__ import annotations

import logging
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.cache import cache
from django.db import OperationalError, connection

from crm.models import Customer

log = logging.getLogger(__name__)
LARGEST_AT_ONCE = 300 << 20  # A larger SQLite file is rewritten at night.


def forget_cached() -> None:
    """Empty the cache; a Redis that is the queue too loses only the keys of the cache."""
    if not settings.REDIS_URL or not str(settings.CACHES["default"]["BACKEND"]).endswith("RedisCache"):
        cache.clear()
        return
    client: Any = cache._cache.get_client(None, write=True)  # type: ignore[attr-defined]
    for key in client.scan_iter(match=cache.make_key("*"), count=1000):
        client.delete(key)


def compact(*, at_once: bool = False) -> bool:
    """Rewrite the SQLite file without what was deleted, and empty its log; True when that was done.

    Without it deleted text would stay readable in free pages. PostgreSQL does it by itself (autovacuum).
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        return False
    name = str(connection.settings_dict["NAME"])
    large = Path(name).exists() and Path(name).stat().st_size > LARGEST_AT_ONCE
    if large and not at_once:
        return False
    try:
        with connection.cursor() as cursor:
            cursor.execute("VACUUM")
            cursor.execute("PRAGMA wal_checkpoint(TRUNCATE)")
            return bool(cursor.fetchone()[0] == 0)
    except OperationalError as busy:
        log.warning("the database was busy, so it is compacted tonight: %s", type(busy).__name__)
        return False


def compact_after_erasures(now: datetime) -> None:
    """The nightly chore: after a day with an erasure, what could not be rewritten then."""
    if Customer.objects.filter(erased_at__gte=now - timedelta(days=2)).exists():
        compact(at_once=True)
