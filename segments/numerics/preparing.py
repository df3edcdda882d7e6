"""Preparing features for distances: outliers pulled in, long tails folded, units made comparable."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

SCALINGS = ("none", "standard", "robust")
SKEWED = 1.0
TAILS = (1.0, 99.0)  # Percent.

type Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Preparation:
    """Per feature: clip to `low`…`high` (raw units), fold if `log`, then (x − shift) / scale.

    `skew` is why a feature was folded, `clipped` how many values were pulled in. With scaling "none" the
    values stay as they are.
    """

    scaling: str
    low: tuple[float, ...]
    high: tuple[float, ...]
    log: tuple[bool, ...]
    shift: tuple[float, ...]
    scale: tuple[float, ...]
    skew: tuple[float, ...]
    clipped: tuple[int, ...]

    def apply(self, values: Floats) -> Floats:
        """Prepared values (n × d) of raw ones."""
        if self.scaling == "none":
            return values.astype(float)
        ready = np.clip(values, self.low, self.high)
        for place in np.flatnonzero(self.log):
            ready[:, place] = folded(ready[:, place])
        ready -= np.array(self.shift)
        ready /= np.array(self.scale)
        return ready

    def undo(self, ready: Floats) -> Floats:
        """Raw values of prepared ones; what was pulled in stays so."""
        if self.scaling == "none":
            return ready.astype(float)
        raw: Floats = ready * np.array(self.scale) + np.array(self.shift)
        for place in np.flatnonzero(self.log):
            raw[:, place] = np.sign(raw[:, place]) * np.expm1(np.abs(raw[:, place]))
        return raw

    def as_json(self) -> dict[str, Any]:
        return {name: getattr(self, name) for name in self.__slots__}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Preparation:
        values: dict[str, Any] = {k: tuple(v) if isinstance(v, list) else v for k, v in data.items()}
        return cls(**values)


def prepare(values: Floats, scaling: str, flags: Sequence[bool] = ()) -> Preparation:
    """Decide the preparation from the values (n × d, raw units, no NaN).

    `flags` marks columns that say yes (1) or no (0): they stay as they are, since two people who differ in a
    category are then about as far apart as two who differ by a usual amount in a number.
    """
    if scaling not in SCALINGS:
        raise ValueError(f"scaling must be one of {', '.join(SCALINGS)}")
    plain = np.array(flags, dtype=bool) if len(flags) else np.zeros(values.shape[1], dtype=bool)
    low, high = (np.percentile(values, share, axis=0) for share in TAILS)
    low[plain], high[plain] = 0.0, 1.0
    tame = np.clip(values, low, high)
    skew = np.array([skewness(column) for column in tame.T])
    skew[plain] = 0.0
    log = skew > SKEWED
    tame[:, log] = folded(tame[:, log])
    shift, scale = _unit(tame, scaling)
    shift[plain], scale[plain] = 0.0, 1.0
    return Preparation(
        scaling,
        tuple(low.tolist()),
        tuple(high.tolist()),
        tuple(log.tolist()),
        tuple(shift.tolist()),
        tuple(scale.tolist()),
        tuple(skew.tolist()),
        tuple(((values < low) | (values > high)).sum(axis=0).tolist()),
    )


def folded(values: Floats) -> Floats:
    """log(1 + x), mirrored for negative values (net revenue can be negative)."""
    result: Floats = np.sign(values) * np.log1p(np.abs(values))
    return result


def skewness(column: Floats) -> float:
    """Third standardised moment; 0 for a constant."""
    spread = column.std()
    return float((((column - column.mean()) / spread) ** 3).mean()) if spread > 0 else 0.0


def _unit(ready: Floats, scaling: str) -> tuple[Floats, Floats]:
    """Middle and spread per feature; where the middle half is all equal, robust falls back to standard."""
    spread = ready.std(axis=0)
    if scaling == "robust":
        lower, middle, upper = np.percentile(ready, (25, 50, 75), axis=0)
        width = (upper - lower) / 1.349  # As wide as a standard deviation of normal data.
        spread = np.where(width > 0, width, spread)
    else:
        middle = ready.mean(axis=0)
    return middle, np.where(spread > 0, spread, 1.0)
