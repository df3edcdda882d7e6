"""The invented shop that the later stages work on."""

from __future__ import annotations

import time
from collections.abc import Iterator
from typing import Any

from crm import synthetic
from crm.models import Business

SIZES = {"small": (100_000, 1_000_000), "large": (1_000_000, 10_000_000)}
SECONDS = {"small": 60, "large": 600}


def figures(size: str) -> Iterator[dict[str, Any]]:
    customers, lines = SIZES[size]
    started = time.monotonic()
    synthetic.fill(customers=customers, lines=lines, seed=1, today=Business.current().today())
    seconds = round(time.monotonic() - started, 2)
    yield {"name": "synthesis", "value": seconds, "unit": "s", "limit": SECONDS[size]}
