"""A file with one basket a line: ragged rows of product names."""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import islice
from pathlib import Path

import numpy as np

from crm.imports import parsing, reading
from segments.numerics.pairs import Ints

SIGNS = {"comma": ",", "semicolon": ";", "tab": "\t", "pipe": "|"}
SAMPLE = 500


@dataclass(frozen=True, slots=True)
class Baskets:
    """Lines as codes of their basket and product; `names` are the products by code."""

    baskets: Ints
    items: Ints
    names: list[str]


def read(path: Path) -> Baskets:
    """Read every line that is not blank as a basket; blanks around names do not count."""
    codes: dict[str, int] = {}
    baskets: list[int] = []
    items: list[int] = []
    lines = reading.rows(path, reading.format_of(path, delimiter=_delimiter(path)))
    for number, (_row, cells) in enumerate(lines):
        names = {name for cell in cells if (name := " ".join(parsing.tidy(cell).split()))}
        baskets.extend([number] * len(names))
        items.extend(codes.setdefault(name, len(codes)) for name in sorted(names))
    return Baskets(np.array(baskets, dtype=np.int64), np.array(items, dtype=np.int64), list(codes))


def _delimiter(path: Path) -> str:
    """The sign in most lines. Where no line has any, blanks separate numbers but belong to names."""
    found = reading.format_of(path, delimiter="comma")
    if found["kind"] == "workbook":
        return ""
    whole = reading.rows(path, {**found, "delimiter": "\x1f"})  # Separates nothing: lines as they are.
    sample = [cells[0] for _row, cells in islice(whole, SAMPLE)]
    counts = {name: sum(sign in line for line in sample) for name, sign in SIGNS.items()}
    best = max(counts, key=lambda name: counts[name])
    if not counts[best] and sample and all(re.fullmatch(r"[\d\s]+", line) for line in sample):
        return "whitespace"
    return best
