"""How a refresh grows from 100,000 to 1,000,000 customers: ten times as long would be 1. Only when large."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any

from bench import segments, synthesis
from crm import synthetic
from crm.models import Business
from segments import refresh

LIMIT = 1.3


def figures(size: str) -> Iterator[dict[str, Any]]:
    if size != "large":
        return
    segments.make()
    small, large = (_seconds(*synthesis.SIZES[name]) for name in ("small", "large"))
    yield {"name": "refresh_growth", "value": round(large / small / 10, 3), "unit": "", "limit": LIMIT}


def _seconds(customers: int, lines: int) -> float:
    """Of a refresh with so many more customers, into whose segments they enter."""
    synthetic.fill(customers=customers, lines=lines, seed=customers, today=Business.current().today())
    began = perf_counter()
    refresh.run(None)
    return perf_counter() - began
