"""RFM: 1–5 for recency, frequency and monetary value, and the ten names over recency × frequency.

Cut points are values of the data at 20, 40, 60 and 80 % (inverted empirical distribution), so scores depend
neither on the order of the rows nor on the currency's scale. Where many customers share a value, cut points
coincide and the scores between them stay empty: equal values always have equal scores.
Map "ten": the widely used segmentation over recency × frequency; it covers all 25 cells exactly once.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

LEVELS = 5
SHARES = (0.2, 0.4, 0.6, 0.8)

# Code: lowest and highest recency score, lowest and highest frequency score.
TEN: dict[str, tuple[int, int, int, int]] = {
    "champions": (5, 5, 4, 5),
    "loyal": (3, 4, 4, 5),
    "potential_loyalists": (4, 5, 2, 3),
    "new": (5, 5, 1, 1),
    "promising": (4, 4, 1, 1),
    "need_attention": (3, 3, 3, 3),
    "about_to_sleep": (3, 3, 1, 2),
    "at_risk": (1, 2, 3, 4),
    "cant_lose": (1, 2, 5, 5),
    "hibernating": (1, 2, 1, 2),
}
MAPS = {"ten": TEN}

type Floats = npt.NDArray[np.float64]
type Scores = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class CutPoints:
    """Four ascending values per measure: days, orders, money. Coinciding ones mark ties."""

    recency: tuple[float, ...]
    frequency: tuple[float, ...]
    monetary: tuple[float, ...]

    def as_json(self) -> dict[str, list[float]]:
        return {
            "recency": list(self.recency),
            "frequency": list(self.frequency),
            "monetary": list(self.monetary),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CutPoints:
        return cls(*(tuple(map(float, data[name])) for name in ("recency", "frequency", "monetary")))


@dataclass(frozen=True, slots=True)
class RfmScores:
    """One score of 1 (worst) to 5 (best) per customer and measure, and the code of the group."""

    recency: Scores
    frequency: Scores
    monetary: Scores
    group: npt.NDArray[np.str_]

    def grid(self) -> list[list[int]]:
        """How many customers have recency score r and frequency score f, at [r − 1][f − 1]."""
        cells = (self.recency.astype(int) - 1) * LEVELS + self.frequency.astype(int) - 1
        counts = np.bincount(cells, minlength=LEVELS * LEVELS).reshape(LEVELS, LEVELS)
        return [[int(count) for count in row] for row in counts]


def cut_points(recency_days: Floats, orders: Floats, revenue: Floats) -> CutPoints:
    """The values at 20, 40, 60 and 80 % of each measure; at least one customer."""
    return CutPoints(*(_quantiles(values) for values in (recency_days, orders, revenue)))


def score(
    recency_days: Floats, orders: Floats, revenue: Floats, cuts: CutPoints, names: str = "ten"
) -> RfmScores:
    """Score each customer by given cut points: few days are good, many orders and much money are good."""
    recency = (LEVELS - _above(recency_days, cuts.recency)).astype(np.int8)
    frequency = (1 + _above(orders, cuts.frequency)).astype(np.int8)
    monetary = (1 + _above(revenue, cuts.monetary)).astype(np.int8)
    table = np.array(group_table(names))
    return RfmScores(recency, frequency, monetary, table[recency.astype(int) - 1, frequency.astype(int) - 1])


def group_table(names: str = "ten") -> list[list[str]]:
    """The code of the group at [recency − 1][frequency − 1]; a map with holes or overlaps raises."""
    table = [[""] * LEVELS for _ in range(LEVELS)]
    for code, (r_low, r_high, f_low, f_high) in MAPS[names].items():
        for r in range(r_low, r_high + 1):
            for f in range(f_low, f_high + 1):
                if table[r - 1][f - 1]:
                    raise ValueError(f"{code} and {table[r - 1][f - 1]} both claim R {r}, F {f}")
                table[r - 1][f - 1] = code
    if any(not code for row in table for code in row):
        raise ValueError(f"the map {names} leaves cells without a name")
    return table


def _quantiles(values: Floats) -> tuple[float, ...]:
    return tuple(float(cut) for cut in np.quantile(values, SHARES, method="inverted_cdf"))


def _above(values: Floats, cuts: tuple[float, ...]) -> npt.NDArray[np.int64]:
    """How many cut points lie strictly below each value."""
    return np.searchsorted(np.array(cuts), values, side="left")
