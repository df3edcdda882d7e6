"""Cohorts: customers by the period of their first purchase, and what they did in the periods after it.

Every share is divided by the size of the cohort in its first period (bounded retention: active *in* the
period, not "in it or later"). Cells of the period that is still running are marked and stay out of averages;
cells that have had no time yet are NaN, never zero.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Cohorts:
    """`first` (n) are the numbers of the cohorts' periods, ascending; cells are n × (most periods after).

    `people` and `money` hold who bought and what it brought net, by periods since the first (0 = the first
    itself). `running` marks cells of a period that is not over.
    """

    first: Ints
    people: Floats
    money: Floats
    running: npt.NDArray[np.bool_]

    @property
    def sizes(self) -> Floats:
        return self.people[:, 0]

    @property
    def retention(self) -> Floats:
        """Shares of each cohort that bought in the period; the first is 1 by definition."""
        return self.people / self.sizes[:, None]

    @property
    def value(self) -> Floats:
        """Money per customer of the cohort, from the first period on in sum."""
        return np.cumsum(self.money, axis=1) / self.sizes[:, None]

    def _judged(self) -> npt.NDArray[np.bool_]:
        return ~np.isnan(self.people) & ~self.running

    def average_retention(self) -> Floats:
        """Per period after the first: who bought, of all whose period is over; NaN where there are none."""
        judged = self._judged()
        bought = np.where(judged, np.nan_to_num(self.people), 0).sum(axis=0)
        return _ratio(bought, self.chances())

    def average_value(self) -> Floats:
        """Money per customer in sum, each step from the cohorts that are through with it."""
        judged = self._judged()
        step = _ratio(np.where(judged, np.nan_to_num(self.money), 0).sum(axis=0), self.chances())
        return np.cumsum(step)

    def chances(self) -> Floats:
        """Per period after the first: how many customers have had it whole."""
        return np.where(self._judged(), self.sizes[:, None], 0).sum(axis=0)


def build(cells: Iterable[tuple[int, int, int, float]], *, now: int, is_over: bool, shown: int) -> Cohorts:
    """From (period of the first purchase, period, people, money); `now` is the period of today.

    `is_over` says whether `now` ended already. At most `shown` cohorts, the youngest, and as many periods.
    A purchase before the first one that counts belongs to the first period.
    """
    rows = [row for row in cells if now - shown < row[0] <= now]
    first = np.array(sorted({row[0] for row in rows}), dtype=np.int64)
    width = int(now - first[0] + 1) if len(first) else 1
    age = now - first[:, None] - np.arange(width)[None, :]  # Periods until now, from each cell.
    people = np.where(age >= 0, 0.0, np.nan)
    money = people.copy()
    place = {int(one): index for index, one in enumerate(first)}
    for start, period, count, net in rows:
        at = place[start], max(0, period - start)
        if at[1] < width and period <= now:
            people[at] += count
            money[at] += net
    whole = people[:, 0] > 0
    running = (age == 0) & (not is_over)
    return Cohorts(first[whole], people[whole], money[whole], running[whole])


def _ratio(part: Floats, whole: Floats) -> Floats:
    shares: Floats = np.divide(part, whole, out=np.full(len(whole), np.nan), where=whole > 0)
    return shares
