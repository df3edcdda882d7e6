"""Would the recommendations have been right? Judged on each customer's last order, hidden beforehand.

Everybody with an earlier order is asked for whom the last one holds something new; both methods choose among
the same products, know the same orders, and may name `limit` products that the customer had not bought.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segments.numerics.late import late
from segments.numerics.recommend import Ints, Suggestions, Table, bought, buyers, most_popular, recommend
from segments.numerics.recommend import neighbours as find_neighbours

stats = late("scipy.stats")

LIMIT = 5
SURE = 0.95


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
    shape = (int(customers.max()) + 1, int(items.max()) + 1)
    hidden = _last_orders(customers, orders, moments)
    known = bought(customers[~hidden], items[~hidden], shape)
    truth = bought(customers[hidden], items[hidden], shape)
    truth = (truth - truth.multiply(known)).tocsr()
    truth.eliminate_zeros()
    asked = np.flatnonzero(np.diff(truth.indptr))
    if most is not None and len(asked) > most:
        asked = np.sort(np.random.default_rng(seed).choice(asked, most, replace=False))
    popular = buyers(known)
    table = find_neighbours(known).table(shape[1])
    ours: Suggestions = recommend(known[asked], table, popular, limit=LIMIT)
    theirs = most_popular(known[asked], popular, limit=LIMIT)
    mine, other = _hits(truth[asked], ours.items), _hits(truth[asked], theirs)
    products = len(np.unique(items))
    return Trial(
        len(asked),
        products,
        float(mine.mean()) if len(asked) else 0.0,
        float(other.mean()) if len(asked) else 0.0,
        _covered(ours.items) / products,
        _covered(theirs) / products,
        _gain(mine, other),
    )


def _last_orders(customers: Ints, orders: Ints, moments: Ints) -> npt.NDArray[np.bool_]:
    """The lines of the last order of everybody who has an earlier one."""
    each, first = np.unique(orders, return_index=True)
    who, when = customers[first], moments[first]
    line_up = np.lexsort((each, when, who))
    who, each = who[line_up], each[line_up]
    is_last = np.append(who[1:] != who[:-1], True)
    has_earlier = np.insert(who[1:] == who[:-1], 0, False)
    return np.isin(orders, each[is_last & has_earlier])


def _hits(truth: Table, items: Ints) -> npt.NDArray[np.bool_]:
    hit = np.zeros(len(items), dtype=bool)
    for place in range(items.shape[1]):
        rows = np.flatnonzero(items[:, place] >= 0)
        if len(rows):
            hit[rows] |= np.asarray(truth[rows, items[rows, place]]).ravel() > 0
    return hit


def _covered(items: Ints) -> int:
    return len(np.unique(items[items >= 0]))


def _gain(mine: npt.NDArray[np.bool_], other: npt.NDArray[np.bool_]) -> tuple[float, float, float]:
    """Mean difference with its normal interval over customers, who were asked by both."""
    if not len(mine):
        return 0.0, 0.0, 0.0
    difference = mine.astype(float) - other.astype(float)
    mean = float(difference.mean())
    reach = float(stats.norm.ppf((1 + SURE) / 2) * difference.std() / np.sqrt(len(mine)))
    return mean, mean - reach, mean + reach
