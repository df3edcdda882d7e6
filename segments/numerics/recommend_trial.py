"""Would the recommendations have been right? Judged on each customer's last order, hidden beforehand.

Everybody with an earlier order is asked for whom the last one holds something new; both methods choose among
the same products, know the same orders, and may name `limit` products that the customer had not bought.

How much popularity should count is chosen the same way on the orders before: of what the trial hides, the
choice sees nothing.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segments.numerics.late import late
from segments.numerics.recommend import (
    Flags,
    Floats,
    Ints,
    Suggestions,
    Table,
    bought,
    buyers,
    most_popular,
    recommend,
)
from segments.numerics.recommend import neighbours as find_neighbours

stats = late("scipy.stats")

LIMIT = 5
SURE = 0.95
SHARES = (0.2, 1 / 3, 0.5, 2 / 3, 1.0)  # Of popularity, each tried against none.
PROBED = 2000  # Customers of the choice.
FEW = 30  # With fewer of them nothing is chosen.


@dataclass(frozen=True, slots=True)
class Exam:
    """Of each customer asked what is known and what is hidden and new; what all known orders teach."""

    owned: Table
    truth: Table
    resembling: Table
    popular: Floats

    def answer(self, popularity: float) -> Suggestions:
        return recommend(self.owned, self.resembling, self.popular, limit=LIMIT, popularity=popularity)


@dataclass(frozen=True, slots=True)
class Trial:
    """Shares of customers with a hit; `gain` is the difference with its interval (paired, 95 %)."""

    customers: int
    products: int
    hit_rate: float
    popularity_hit_rate: float
    coverage: float
    popularity_coverage: float
    gain: tuple[float, float, float]
    popularity: float = 0.0  # Its share in the recommendations, as chosen.

    @property
    def is_better(self) -> bool:
        """Better than popularity beyond doubt."""
        return self.customers > 0 and self.gain[1] > 0

    @property
    def is_worse(self) -> bool:
        return self.customers > 0 and self.gain[2] < 0


def evaluate(
    customers: Ints,
    items: Ints,
    orders: Ints,
    moments: Ints,
    *,
    most: int | None = None,
    seed: int = 1,
) -> Trial:
    """Judge on lines of known customers: codes from 0 and the moment of each line's order, in seconds.

    With more than `most` customers to judge, a sample drawn with `seed` is judged.
    """
    if not len(items):
        return Trial(0, 0, 0.0, 0.0, 0.0, 0.0, (0.0, 0.0, 0.0))
    hidden = _last_orders(customers, orders, moments)
    past = [column[~hidden] for column in (customers, items, orders, moments)]
    popularity = choose(*past, seed=seed)
    exam = _exam(customers, items, hidden, most, seed)
    ours = exam.answer(popularity).items
    theirs = most_popular(exam.owned, exam.popular, limit=LIMIT)
    mine, other = _hits(exam.truth, ours), _hits(exam.truth, theirs)
    products = len(np.unique(items))
    return Trial(
        len(mine),
        products,
        float(mine.mean()) if len(mine) else 0.0,
        float(other.mean()) if len(mine) else 0.0,
        _covered(ours) / products,
        _covered(theirs) / products,
        _gain(mine, other),
        popularity,
    )


def choose(customers: Ints, items: Ints, orders: Ints, moments: Ints, *, seed: int = 1) -> float:
    """How much popularity should count: what hits most often in the last of these orders.

    None (0) unless some share surely hits more often than none.
    """
    exam = _exam(customers, items, _last_orders(customers, orders, moments), PROBED, seed)
    if exam.owned.shape[0] < FEW:
        return 0.0
    plain = _hits(exam.truth, exam.answer(0.0).items)
    tried = {share: _gain(_hits(exam.truth, exam.answer(share).items), plain) for share in SHARES}
    sure = {share: mean for share, (mean, low, _high) in tried.items() if low > 0}
    return max(sure, key=lambda share: sure[share], default=0.0)


def _exam(customers: Ints, items: Ints, hidden: Flags, most: int | None, seed: int) -> Exam:
    shape = (int(customers.max()) + 1, int(items.max()) + 1)
    known = bought(customers[~hidden], items[~hidden], shape)
    truth = bought(customers[hidden], items[hidden], shape)
    truth = (truth - truth.multiply(known)).tocsr()
    truth.eliminate_zeros()
    asked = np.flatnonzero(np.diff(truth.indptr))
    if most is not None and len(asked) > most:
        asked = np.sort(np.random.default_rng(seed).choice(asked, most, replace=False))
    resembling = find_neighbours(known).table(shape[1])
    return Exam(known[asked], truth[asked], resembling, buyers(known))


def _last_orders(customers: Ints, orders: Ints, moments: Ints) -> Flags:
    """The lines of the last order of everybody who has an earlier one."""
    each, first = np.unique(orders, return_index=True)
    who, when = customers[first], moments[first]
    line_up = np.lexsort((each, when, who))
    who, each = who[line_up], each[line_up]
    is_last = np.append(who[1:] != who[:-1], True)
    has_earlier = np.insert(who[1:] == who[:-1], 0, False)
    return np.isin(orders, each[is_last & has_earlier])


def _hits(truth: Table, items: Ints) -> Flags:
    hit = np.zeros(len(items), dtype=bool)
    for place in range(items.shape[1]):
        rows = np.flatnonzero(items[:, place] >= 0)
        if len(rows):
            hit[rows] |= np.asarray(truth[rows, items[rows, place]]).ravel() > 0
    return hit


def _covered(items: Ints) -> int:
    return len(np.unique(items[items >= 0]))


def _gain(mine: Flags, other: Flags) -> tuple[float, float, float]:
    """Mean difference with its normal interval over customers, who were asked by both."""
    if not len(mine):
        return 0.0, 0.0, 0.0
    difference = mine.astype(float) - other.astype(float)
    mean = float(difference.mean())
    reach = float(stats.norm.ppf((1 + SURE) / 2) * difference.std() / np.sqrt(len(mine)))
    return mean, mean - reach, mean + reach
