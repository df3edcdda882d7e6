"""The invented shop that the later stages work on."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from crm import synthetic
from crm.models import Business

SIZES = {"small": (100_000, 1_000_000), "large": (1_000_000, 10_000_000)}


def figures(size: str) -> Iterator[dict[str, Any]]:
    customers, lines = SIZES[size]
    synthetic.fill(customers=customers, lines=lines, seed=1, today=Business.current().today())
    return iter(())  # Nothing is promised about it.
