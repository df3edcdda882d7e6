"""What the models see of each customer: repeat purchases, the time of the last one, and the age."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Histories:
    """Per customer (n): `x` repeat purchases, `last` from the first to the last one, `age` from the first
    until the end of observation, both in any one unit of time. `counts`: how many customers a row stands for.
    """

    x: Ints
    last: Floats
    age: Floats
    counts: Ints

    @classmethod
    def of(cls, x: npt.ArrayLike, last: npt.ArrayLike, age: npt.ArrayLike) -> Histories:
        """One row per customer; a history that cannot be raises ValueError."""
        made = cls(
            np.asarray(x, np.int64),
            np.asarray(last, np.float64),
            np.asarray(age, np.float64),
            np.ones(len(np.asarray(x)), np.int64),
        )
        fine = (made.x >= 0) & (made.last >= 0) & (made.last <= made.age) & np.isfinite(made.age)
        if not (fine & ((made.x > 0) | (made.last == 0))).all():
            raise ValueError("purchases must lie between the first one and the end of observation")
        return made

    @property
    def customers(self) -> int:
        return int(self.counts.sum())

    @property
    def repeaters(self) -> int:
        return int(self.counts[self.x > 0].sum())

    def grouped(self) -> tuple[Histories, Ints]:
        """The distinct histories with their counts, and for every row where its own stands in them."""
        code, size = np.zeros(len(self.x), np.int64), 1
        for column in (self.x, self.last, self.age):
            values, inverse = np.unique(column, return_inverse=True)
            if size * len(values) > 2**62:  # More codes than a number holds: count the pairs that are there.
                code = np.unique(code, return_inverse=True)[1]
                size = len(code)
            code, size = code * len(values) + inverse, size * len(values)
        _codes, first, inverse = np.unique(code, return_index=True, return_inverse=True)
        counts = np.bincount(inverse, weights=self.counts).astype(np.int64)
        return Histories(self.x[first], self.last[first], self.age[first], counts), inverse

    def scaled(self, unit: float) -> Histories:
        """The same with times divided by `unit`."""
        return Histories(self.x, self.last / unit, self.age / unit, self.counts)

    def taken(self, rows: npt.NDArray[np.int64] | slice) -> Histories:
        return Histories(self.x[rows], self.last[rows], self.age[rows], self.counts[rows])
