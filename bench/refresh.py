"""Seconds and peak memory of a whole refresh with value and twenty segments, into which everybody enters."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any

from django.db import connection

from bench import segments
from segments import refresh

SECONDS = {"sqlite": {"small": 9, "large": 90}, "postgresql": {"small": 15, "large": 150}}
MEGABYTES = {"small": 500, "large": 1500}


def figures(size: str) -> Iterator[dict[str, Any]]:
    segments.make()
    began = perf_counter()
    done = refresh.run(None)
    seconds = round(perf_counter() - began, 2)  # With what is summed up and watched after the switch.
    limit = SECONDS[connection.vendor][size]
    yield {"name": "refresh_seconds", "value": seconds, "unit": "s", "limit": limit}
    yield {"name": "refresh_memory", "value": done["peak_mb"], "unit": "MB", "limit": MEGABYTES[size]}
