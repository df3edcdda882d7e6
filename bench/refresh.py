"""Seconds and peak memory of a whole refresh."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from segments import refresh

SECONDS = {"small": 60, "large": 600}
MEGABYTES = {"small": 500, "large": 1500}


def figures(size: str) -> Iterator[dict[str, Any]]:
    done = refresh.run(None)
    yield {"name": "refresh_seconds", "value": done["seconds"], "unit": "s", "limit": SECONDS[size]}
    yield {"name": "refresh_memory", "value": done["peak_mb"], "unit": "MB", "limit": MEGABYTES[size]}
