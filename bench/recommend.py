"""The nightly calculation of recommendations and pairs, trial included, against what a night can spare."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from segments.recommending import affinities

LIMITS = {"small": 120.0, "large": 1200.0}  # Seconds.


def figures(size: str) -> Iterator[dict[str, Any]]:
    result = affinities.calculate()
    yield {"name": "recommend", "value": result["seconds"], "unit": "s", "limit": LIMITS[size]}
    yield {"name": "recommend_memory", "value": result["peak_mb"], "unit": "MB", "limit": 2000.0}
