"""Figures over everyone that pages show: counted when a page asks, in a large shop once per refresh."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from hashlib import sha256
from typing import Any

from django.core.cache import cache

from crm.models import User
from segments.models import ScoringRun

LIVE_UP_TO = 50_000  # Customers; so many are counted in no time.
SECONDS = 172_800  # The next refresh comes before.
LAST, MINUTE = "segments.last_refresh", 60


def is_large() -> bool:
    """Whether nobody should wait for a page that looks at everybody."""
    return _last()[1] > LIVE_UP_TO


def scope(reader: object) -> int:
    """What the figures of this reader depend on: only those of who sees a part differ."""
    return reader.pk if isinstance(reader, User) and reader.scope == User.Scope.OWN else 0


def figures[T](name: str, count: Callable[[], T]) -> T:
    """What `count` finds; `name` says what, with all that it depends on besides the refresh."""
    run, customers = _last()
    if customers <= LIVE_UP_TO:
        return count()
    key = f"segments.since.{sha256(f'{run} {name}'.encode()).hexdigest()[:24]}"
    kept: Any = cache.get(key)
    if kept is None:
        kept = (count(),)  # What was found may be nothing.
        cache.set(key, kept, SECONDS)
    found: T = kept[0]
    return found


def note(run: ScoringRun) -> None:
    """A refresh is live: from here on pages show its figures."""
    cache.set(LAST, (_name(run.pk, run.finished_at), int(run.result["customers"])), MINUTE)


def _last() -> tuple[str, int]:
    """The last refresh, and how many it described; asked once a minute."""
    found: tuple[str, int] | None = cache.get(LAST)
    if found is None:
        done = ScoringRun.objects.filter(kind=ScoringRun.Kind.REFRESH, state=ScoringRun.State.DONE)
        run = done.values_list("pk", "finished_at", "result__customers").first()
        found = (_name(run[0], run[1]), int(run[2] or 0)) if run else ("", 0)
        cache.set(LAST, found, MINUTE)
    return found


def _name(pk: int, at: datetime | None) -> str:
    """A database that was restored may give a number again."""
    return f"{pk}.{at}"
