"""When somebody buys next, as a range of days: from their own gaps and what customers alike did.

Learned from a window that is over: who came back in it, and after how many days. Among customers with about
as many gaps so far, the logarithm of these days is a plane over what was known when the window opened: the
mean gap, how long they had been silent, and what was left of the gap (few gaps pull towards everybody's, many
follow their own). How far they fell from that plane on both sides gives the range, without any shape assumed:
of those who come back in a window of that length, four in five do so inside. Whether they come back is
another question, and gaps longer than the window cannot be seen in it: for these nothing is said.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]

ENOUGH = 100  # Customers who came back; fewer show no tails of a tenth.
LEAST = (1, 2, 3, 5, 10)  # Gaps so far, from which on customers are alike.
COVERED = 0.8


@dataclass(frozen=True, slots=True)
class Alike:
    """Customers with `least` gaps and more: log(days) lies `low` to `high` around `plane` · what is known.

    `count` of them came back.
    """

    least: int
    plane: tuple[float, ...]
    low: float
    high: float
    count: int


@dataclass(frozen=True, slots=True)
class Gaps:
    """`ahead`: days of the window that it was learned from, and for which it speaks."""

    ahead: int
    alike: tuple[Alike, ...]

    def as_json(self) -> dict[str, Any]:
        return asdict(self)

    @classmethod
    def from_json(cls, told: dict[str, Any]) -> Gaps:
        return cls(
            told["ahead"], tuple(Alike(**{**one, "plane": tuple(one["plane"])}) for one in told["alike"])
        )


def learn(count: Ints, mean: Floats, silent: Floats, came: Floats, ahead: int) -> Gaps | None:
    """From customers (n) with `count` gaps of `mean` days who had been `silent` when a window of `ahead` days
    opened, and `came` so many days later (NaN: not in it).

    None where fewer than ENOUGH came. Classes with fewer share what holds for those with fewer gaps.
    """
    usable = (count >= 1) & (mean > 0) & (mean <= ahead) & (came > 0) & (came <= ahead)
    count, values, y = count[usable], _known(mean[usable], silent[usable]), np.log(came[usable])
    if len(count) < ENOUGH:
        return None
    place = np.searchsorted(LEAST, count, side="right") - 1
    found = []
    for number, least in enumerate(LEAST):
        mine = place == number
        if int(mine.sum()) >= ENOUGH:
            found.append(_plane(least, values[mine], y[mine]))
        elif not found:
            found.append(_plane(1, values, y))
    return Gaps(ahead, tuple(found))


def ranges(gaps: Gaps, count: Ints, mean: Floats, silent: Floats) -> tuple[Floats, Floats]:
    """(first, last) of the days ahead of each customer (n), 1 at least and the length of the window at most.

    NaN without a gap of their own, and where their gaps are longer than the window.
    """
    first, last = np.full(len(count), np.nan), np.full(len(count), np.nan)
    place = np.searchsorted([one.least for one in gaps.alike], count, side="right") - 1
    told = (count >= 1) & (mean > 0) & (mean <= gaps.ahead)
    for number, alike in enumerate(gaps.alike):
        mine = np.flatnonzero((place == number) & told)
        middle = _known(mean[mine], silent[mine]) @ np.array(alike.plane)
        first[mine] = np.clip(np.exp(middle + alike.low), 1, gaps.ahead)
        last[mine] = np.clip(np.exp(middle + alike.high), 1, gaps.ahead)
    return first, last


def _known(mean: Floats, silent: Floats) -> Floats:
    logs = np.log(mean), np.log1p(np.maximum(silent, 0)), np.log1p(np.maximum(mean - silent, 0))
    return np.column_stack([np.ones(len(mean)), *logs])


def _plane(least: int, values: Floats, y: Floats) -> Alike:
    """Least squares; what does not vary gets no say."""
    plane = np.linalg.lstsq(values, y, rcond=1e-8)[0]
    low, high = np.quantile(y - values @ plane, [(1 - COVERED) / 2, (1 + COVERED) / 2])
    return Alike(least, tuple(plane.tolist()), float(low), float(high), len(y))
