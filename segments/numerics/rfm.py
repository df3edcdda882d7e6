"""RFM: 1–5 for recency, frequency and monetary value, and the names of groups by a map.

Cut points are values of the data at 20, 40, 60 and 80 % (inverted empirical distribution), so scores depend
neither on the order of the rows nor on the currency's scale. Where many customers share a value, cut points
coincide and the scores between them stay empty: equal values always have equal scores.
The middle of each measure (median, or mean) parts high from low for the map of eight classes.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from segments.numerics import rfm_maps
from segments.numerics.rfm_maps import LEVELS, MAPS, Kind, Map

SHARES = (0.2, 0.4, 0.6, 0.8)

type Floats = npt.NDArray[np.float64]
type Scores = npt.NDArray[np.int8]


@dataclass(frozen=True, slots=True)
class CutPoints:
    """Four ascending values per measure: days, orders, money. Coinciding ones mark ties.

    `middle`: the same three measures' one value that parts low from high; empty where it was never asked.
    """

    recency: tuple[float, ...]
    frequency: tuple[float, ...]
    monetary: tuple[float, ...]
    middle: tuple[float, ...] = field(default=(), compare=False)

    def as_json(self) -> dict[str, list[float]]:
        return {
            "recency": list(self.recency),
            "frequency": list(self.frequency),
            "monetary": list(self.monetary),
            "middle": list(self.middle),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> CutPoints:
        measures = (data["recency"], data["frequency"], data["monetary"], data.get("middle", ()))
        return cls(*(tuple(map(float, values)) for values in measures))


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


def cut_points(recency_days: Floats, orders: Floats, revenue: Floats, middle: str = "median") -> CutPoints:
    """The values at 20, 40, 60 and 80 % of each measure, and its middle; at least one customer.

    Values that are no number raise ValueError; infinite ones are as good as very large ones.
    """
    measures = [np.asarray(values, dtype=float) for values in (recency_days, orders, revenue)]
    if any(np.isnan(values).any() for values in measures):
        raise ValueError("recency, orders and revenue must be numbers")
    find = np.mean if middle == "mean" else np.median
    days, counts, money = (_quantiles(values) for values in measures)
    return CutPoints(days, counts, money, tuple(float(find(values)) for values in measures))


def score(
    recency_days: Floats, orders: Floats, revenue: Floats, cuts: CutPoints, names: str | Map = "ten"
) -> RfmScores:
    """Score each customer by given cut points: few days are good, many orders and much money are good."""
    found = rfm_maps.published(names) if isinstance(names, str) else names
    recency = LEVELS - _above(recency_days, cuts.recency)
    frequency = 1 + _above(orders, cuts.frequency)
    monetary = 1 + _above(revenue, cuts.monetary)
    match found.kind:
        case Kind.RF:
            rows, columns = recency, frequency
        case Kind.RV:
            rows, columns = recency, rfm_maps.worth(frequency, monetary)
        case Kind.MIDDLE:
            rows, columns = sides(recency_days, orders, revenue, cuts)
    group = found.name_all(rows, columns)
    return RfmScores(recency.astype(np.int8), frequency.astype(np.int8), monetary.astype(np.int8), group)


def sides(
    recency_days: Floats, orders: Floats, revenue: Floats, cuts: CutPoints
) -> tuple[rfm_maps.Numbers, rfm_maps.Numbers]:
    """Row and column of the map of eight: high is better than the middle, equal to it is low."""
    days, count, money = cuts.middle
    rows = 1 + (np.asarray(recency_days) < days).astype(np.int64)
    columns = 1 + 2 * (np.asarray(orders) > count).astype(np.int64) + (np.asarray(revenue) > money)
    return rows, columns.astype(np.int64)


def group_table(names: str = "ten") -> list[list[str]]:
    """The code of the group at [row − 1][column − 1]; a map with holes or overlaps raises."""
    return [list(row) for row in rfm_maps.published(names).table]


def _quantiles(values: Floats) -> tuple[float, ...]:
    return tuple(float(cut) for cut in np.quantile(values, SHARES, method="inverted_cdf"))


def _above(values: Floats, cuts: tuple[float, ...]) -> npt.NDArray[np.int64]:
    """How many cut points lie strictly below each value."""
    return np.searchsorted(np.array(cuts), values, side="left").astype(np.int64)


__all__ = ["LEVELS", "MAPS", "CutPoints", "RfmScores", "cut_points", "group_table", "score", "sides"]
