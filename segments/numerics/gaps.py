"""When somebody buys next, as a range of days: from their own gaps and those of customers alike.

Alike are customers with about as many purchases. Among them the logarithm of the next gap is a straight line
in the logarithm of their mean gap so far (few gaps pull towards everybody's, many follow their own). How far
next gaps fell from that line on both sides gives the range: no shape is assumed, so that four in five next
gaps of customers alike lie inside. Whoever has been silent for a while has only longer gaps left: the range
is that of what remains. All of it holds for those who come back; whether they do is another question.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]

ENOUGH = 100  # Next gaps; fewer show no tails of a tenth.
LEAST = (1, 2, 3, 5, 10)  # Gaps so far, from which on customers are alike.
COVERED = 0.8
CHANCES = np.arange(1, 100) / 100
TOO_LATE = 0.98  # So many gaps of customers alike were over by now: this one is none of them any more.


@dataclass(frozen=True, slots=True)
class Alike:
    """Customers with `least` gaps and more: log(next) = `level` + `slope` · log(mean so far) + a residual.

    `spread`: the residuals at CHANCES, ascending.
    """

    least: int
    level: float
    slope: float
    spread: tuple[float, ...]
    count: int


@dataclass(frozen=True, slots=True)
class Gaps:
    alike: tuple[Alike, ...]

    def as_json(self) -> list[dict[str, Any]]:
        return [
            {
                "least": one.least,
                "level": one.level,
                "slope": one.slope,
                "spread": list(one.spread),
                "count": one.count,
            }
            for one in self.alike
        ]

    @classmethod
    def from_json(cls, told: list[dict[str, Any]]) -> Gaps:
        return cls(tuple(Alike(**{**one, "spread": tuple(one["spread"])}) for one in told))


def learn(count: Ints, mean: Floats, following: Floats) -> Gaps | None:
    """From customers (n) with `count` gaps of `mean` days and the gap `following` these.

    None where fewer than ENOUGH are known. Classes with fewer share the line of everybody.
    """
    usable = (count >= 1) & (mean > 0) & (following > 0)
    count, x, y = count[usable], np.log(mean[usable]), np.log(following[usable])
    if len(count) < ENOUGH:
        return None
    whole = _line(1, x, y)
    place = np.searchsorted(LEAST, count, side="right") - 1
    found = []
    for number, least in enumerate(LEAST):
        mine = place == number
        if int(mine.sum()) >= ENOUGH:
            found.append(_line(least, x[mine], y[mine]))
        elif not found:
            found.append(whole)
    return Gaps(tuple(found))


def _line(least: int, x: Floats, y: Floats) -> Alike:
    """Least squares; where all have the same mean, the line is level. The slope stays between 0 and 1."""
    apart = x - x.mean()
    square = float(apart @ apart)
    slope = min(1.0, max(0.0, float(apart @ (y - y.mean())) / square)) if square > 1e-12 else 0.0
    level = float(y.mean() - slope * x.mean())
    spread = np.quantile(y - level - slope * x, CHANCES)
    return Alike(least, level, slope, tuple(spread.tolist()), len(x))


def ranges(gaps: Gaps, count: Ints, mean: Floats, silent: Floats) -> tuple[Floats, Floats]:
    """(first, last) day of the range of each customer (n), counted from their last purchase.

    `silent`: days since then. NaN without a gap of their own, and where it is later than nearly all of those
    alike.
    """
    first, last = np.full(len(count), np.nan), np.full(len(count), np.nan)
    place = np.searchsorted([one.least for one in gaps.alike], count, side="right") - 1
    for number, alike in enumerate(gaps.alike):
        mine = np.flatnonzero((place == number) & (count >= 1) & (mean > 0))
        middle = alike.level + alike.slope * np.log(mean[mine])
        gone = _chance_by(alike, np.log(np.maximum(silent[mine], 1e-9)) - middle)
        ends = [gone + share * (1 - gone) for share in ((1 - COVERED) / 2, (1 + COVERED) / 2)]
        for target, share in zip((first, last), ends, strict=True):
            target[mine] = np.where(
                gone < TOO_LATE, np.exp(middle + np.interp(share, CHANCES, alike.spread)), np.nan
            )
    return first, last


def _chance_by(alike: Alike, residual: Floats) -> Floats:
    """How many of those alike were back by then: 0 before the first hundredth, 1 after the last."""
    return np.interp(residual, alike.spread, CHANCES, left=0.0, right=1.0)
