"""How often something may be asked: counts per name and window of time.

With Redis all processes count together. Without it one process serves the pages (see Procfile) unless
WEB_WORKERS says otherwise, and its own memory is exact and costs no file.
"""

from __future__ import annotations

import ipaddress
import threading
from dataclasses import dataclass

from django.conf import settings
from django.core.cache import cache
from django.http import HttpRequest

MOST_NAMES = 50_000
_counts: dict[str, tuple[int, int]] = {}  # Name → (window, count).
_lock = threading.Lock()


@dataclass(frozen=True, slots=True)
class Use:
    """How much of a limit is used, and in how many seconds it begins anew."""

    limit: int
    count: int
    reset: int

    @property
    def exceeded(self) -> bool:
        return self.count > self.limit

    @property
    def left(self) -> int:
        return max(self.limit - self.count, 0)


def use(name: str, *, limit: int, seconds: int, now: float, cost: int = 1) -> Use:
    """Count one more use of `name` in the current window of that many seconds."""
    window = int(now // seconds)
    reset = int((window + 1) * seconds - now) + 1
    count = _shared(name, window, seconds, cost) if settings.REDIS_URL else _own(name, window, cost)
    return Use(limit, count, reset)


def address_of(request: HttpRequest) -> str:
    """Where a request comes from. Anybody can write X-Forwarded-For: only what our proxies added counts."""
    direct = str(request.META.get("REMOTE_ADDR", ""))[:60]
    told = [part.strip() for part in request.META.get("HTTP_X_FORWARDED_FOR", "").split(",")]
    if not 0 < settings.TRUSTED_PROXIES <= len(told):
        return direct
    try:
        return str(ipaddress.ip_address(told[-settings.TRUSTED_PROXIES]))
    except ValueError:
        return direct


def forget() -> None:
    """Begin anew, for tests."""
    with _lock:
        _counts.clear()


def _own(name: str, window: int, cost: int) -> int:
    with _lock:
        if len(_counts) > MOST_NAMES:
            _counts.clear()
        known, count = _counts.get(name, (window, 0))
        count = count + cost if known == window else cost
        _counts[name] = (window, count)
        return count


def _shared(name: str, window: int, seconds: int, cost: int) -> int:
    key = f"limit:{name}:{window}"
    for _ in range(2):  # Mostly the count is there; else somebody else may be faster to begin it.
        try:
            return int(cache.incr(key, cost))
        except ValueError:
            if cache.add(key, cost, timeout=seconds + 5):
                return cost
    return cost
