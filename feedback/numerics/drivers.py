"""What moves a score: all questions and topics weighed together, so that none borrows from another.

Ordinary least squares of the score on everything at once, with errors that bear unequal spread (HC1,
MacKinnon and White 1985) and Holm's correction, so that nothing is called a driver by chance. An association
that holds with all others equal is still no proof of a cause.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, sqrt
from typing import Final

import numpy as np

from feedback.numerics import trends
from feedback.numerics.scores import Z95

LEAST: Final = 30  # Answers, and this many for each driver that is looked at:
PER_DRIVER: Final = 10
KNOWN: Final = 20  # Answers that know a driver, or have a topic, below which it is left out.


@dataclass(frozen=True, slots=True)
class Driver:
    """`effect` is how far the score moves with one step of the driver, the others equal; with its interval.

    `weight` is that effect times the driver's spread: what it does in this shop.
    """

    name: str
    n: int
    effect: float
    low: float
    high: float
    p_value: float
    weight: float

    @property
    def is_clear(self) -> bool:
        return self.p_value < 0.05


def drivers(names: Sequence[str], table: np.ndarray, score: np.ndarray) -> list[Driver]:
    """`table` is answers × drivers (NaN unknown); the strongest first, [] with too few answers."""
    table, score = np.asarray(table, dtype=float), np.asarray(score, dtype=float)
    kept = [at for at in range(table.shape[1]) if _is_usable(table[:, at])]
    n = len(score)
    if not kept or n < max(LEAST, PER_DRIVER * len(kept)) or np.ptp(score) == 0:
        return []
    columns, known = table[:, kept], ~np.isnan(table[:, kept])
    means = np.nanmean(columns, axis=0)
    filled = np.where(known, columns, means) - means
    # Whether it was answered at all may matter by itself: a column for each that is often unknown.
    missing = (~known[:, ~known.all(axis=0)]).astype(float)
    missing -= missing.mean(axis=0)
    full = np.column_stack([np.ones(n), filled, missing])
    inverse = np.linalg.pinv(full.T @ full)
    found = inverse @ full.T @ score
    left = score - full @ found
    freedom = max(n - np.linalg.matrix_rank(full), 1)
    meat = full.T @ (full * (left**2)[:, None])
    errors = np.sqrt(np.maximum(np.diag(inverse @ meat @ inverse) * n / freedom, 0))
    effects, spread = found[1 : len(kept) + 1], errors[1 : len(kept) + 1]
    raw = [erfc(abs(b) / s / sqrt(2)) if s > 0 else 1.0 for b, s in zip(effects, spread, strict=True)]
    fair = trends.holm(raw)
    rows = [
        Driver(
            names[at],
            int(known[:, place].sum()),
            float(effects[place]),
            float(effects[place] - Z95 * spread[place]),
            float(effects[place] + Z95 * spread[place]),
            fair[place],
            float(abs(effects[place]) * filled[:, place].std()),
        )
        for place, at in enumerate(kept)
    ]
    return sorted(rows, key=lambda one: (not one.is_clear, -one.weight))


def _is_usable(column: np.ndarray) -> bool:
    known = column[~np.isnan(column)]
    if len(known) < KNOWN or np.ptp(known) == 0:
        return False
    if set(np.unique(known)) <= {0.0, 1.0}:  # A topic must be there, and be missing, often enough.
        return bool(KNOWN <= known.sum() <= len(known) - KNOWN)
    return True
