"""The CDNOW sample: 2,357 customers, calibrated until 1997-09-30, in weeks."""

from __future__ import annotations

import gzip
from dataclasses import dataclass
from datetime import date
from functools import cache
from pathlib import Path

import numpy as np

from segments.numerics.lapse.history import NEVER, Orders
from segments.numerics.value import fitting
from segments.numerics.value.histories import Histories
from segments.numerics.value.likelihood import Params

FILE = Path(__file__).resolve().parents[1] / "data" / "cdnow" / "CDNOW_sample.txt.gz"
UNTIL = date(1997, 9, 30)
ROUNDED = Params(0.243, 4.414, 0.793, 2.426)  # As printed in the paper.


@dataclass(frozen=True)
class Sample:
    histories: Histories
    mean: np.ndarray
    later: np.ndarray


@cache
def sample() -> Sample:
    """Each customer's history, mean value of repeat days, and purchase days in the next 39 weeks."""
    days: dict[str, dict[date, float]] = {}
    for line in gzip.decompress(FILE.read_bytes()).decode().splitlines():
        _master, who, on, _cds, dollars = line.split()
        day = date(int(on[:4]), int(on[4:6]), int(on[6:]))
        mine = days.setdefault(who, {})
        mine[day] = mine.get(day, 0.0) + float(dollars)
    x, last, age, mean, later = [], [], [], [], []
    for mine in days.values():
        seen = sorted(day for day in mine if day <= UNTIL)
        x.append(len(seen) - 1)
        last.append((seen[-1] - seen[0]).days / 7)
        age.append((UNTIL - seen[0]).days / 7)
        mean.append(np.mean([mine[day] for day in seen[1:]]) if seen[1:] else np.nan)
        later.append(len(mine) - len(seen))
    return Sample(Histories.of(x, last, age), np.array(mean), np.array(later))


@cache
def orders() -> Orders:
    """Every purchase day of the sample, none of them given back."""
    rows: dict[tuple[int, int], float] = {}
    for line in gzip.decompress(FILE.read_bytes()).decode().splitlines():
        _master, who, on, _cds, dollars = line.split()
        day = date(int(on[:4]), int(on[4:6]), int(on[6:])).toordinal()
        rows[int(who), day] = rows.get((int(who), day), 0.0) + float(dollars)
    people, days = np.array(list(rows)).T
    return Orders.of(people, days, np.array(list(rows.values())), np.full(len(rows), NEVER))


@cache
def fitted(model: str = "bgnbd") -> fitting.Fit:
    return fitting.fit(sample().histories, model)


def one(x: int, last: float, age: float) -> Histories:
    """A single customer."""
    return Histories.of([x], [last], [age])
