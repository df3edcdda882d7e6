"""Which comments stand for a topic: clear ones of a readable length that speak of little else."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from typing import Any

import numpy as np


def choose(texts: Sequence[str], table: Any, column: int, *, count: int) -> list[int]:
    """Rows of `table` (texts × topics) that tell best what topic `column` is about; each text once."""
    rows_by_topic = table.tocsc()
    rows = rows_by_topic.indices[rows_by_topic.indptr[column] : rows_by_topic.indptr[column + 1]]
    others = np.asarray((table > 0).sum(axis=1)).ravel()
    ranked = sorted((worth(len(texts[row]), int(others[row])), int(row)) for row in rows)
    seen: set[str] = set()
    chosen = []
    for _worth, row in ranked:
        if texts[row] not in seen:
            seen.add(texts[row])
            chosen.append(row)
        if len(chosen) == count:
            break
    return chosen


def worth(length: int, topics: int) -> tuple[int, int]:
    """Smaller is better: few topics, and a length that says something and is read in a moment."""
    readable = 0 if 15 <= length <= 160 else 1 if length <= 300 else 2
    return (max(topics, 1) + 2 * readable, abs(length - 40))


def parts(text: str, words: Iterable[str], *, length: int) -> list[tuple[str, bool]]:
    """The text in pieces, each with whether it is one of the words; cut to `length` where they stand."""
    latin = sorted((re.escape(one) for one in words if one.isascii()), key=len, reverse=True)
    signs = sorted((re.escape(one) for one in words if not one.isascii()), key=len, reverse=True)
    ways = [rf"\b(?:{'|'.join(latin)})(?:s|es)?\b"] if latin else []
    pattern = re.compile("|".join([*ways, *signs]) or r"(?!)", re.IGNORECASE)
    first = pattern.search(text)
    start = max(first.start() - length // 2, 0) if first and first.end() > length else 0
    shown = text[start : start + length]
    shown = f"{'…' if start else ''}{shown}{'…' if start + length < len(text) else ''}"
    found: list[tuple[str, bool]] = []
    at = 0
    for one in pattern.finditer(shown):
        found += [(shown[at : one.start()], False), (one[0], True)]
        at = one.end()
    return [piece for piece in [*found, (shown[at:], False)] if piece[0]]
