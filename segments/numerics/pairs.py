"""What is bought together: pairs of products in one basket, and whether that is more than chance.

Counts come from baskets × products times itself, the same item sets that Apriori finds. The p-value is exact:
the chance of at least so many shared baskets if both products were spread at random (one-sided Fisher,
hypergeometric). `q_value` corrects it for looking at many pairs (Benjamini & Hochberg 1995), counting every
pair of products frequent enough to have been found, not only those that were.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from segments.numerics.late import late

if TYPE_CHECKING:
    from scipy import sparse
else:
    sparse = late("scipy.sparse")
special = late("scipy.special")

FEWEST = 5  # Shared baskets: lift loves rare pairs.
SURE = 0.05
CELLS = 4_000_000
LONGEST = 200  # Different products; a larger basket is a reseller's or a day's takings, and pairs everything.

type Ints = npt.NDArray[np.int64]
type Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Pairs:
    """One row per pair, the most frequent first; `a` is the rarer product, so a → b is the surer direction.

    `baskets` were counted, `left_out` are those too large to say anything.
    support, confidence (of b given a) and reverse_confidence are shares of 0 to 1; conviction may be inf.
    """

    baskets: int
    left_out: int
    items: int
    a: Ints
    b: Ints
    count: Ints
    support: Floats
    confidence: Floats
    reverse_confidence: Floats
    lift: Floats
    leverage: Floats
    conviction: Floats
    p_value: Floats
    q_value: Floats

    @property
    def together(self) -> npt.NDArray[np.bool_]:
        """Pairs that may be said to go together: more than chance, and surely so."""
        return (self.lift > 1) & (self.q_value <= SURE)


def find(baskets: Ints, items: Ints, *, min_count: int = FEWEST, min_support: float = 0.0) -> Pairs:
    """Count pairs in lines of baskets (codes from 0); an item twice in a basket counts once."""
    shape = (int(baskets.max()) + 1, int(items.max()) + 1) if len(items) else (0, 0)
    table = sparse.csr_matrix((np.ones(len(items)), (baskets, items)), shape=shape)
    table.sum_duplicates()
    table.data[:] = 1.0
    sizes = np.diff(table.indptr)
    table, left_out = table[(sizes > 0) & (sizes <= LONGEST)], int((sizes > LONGEST).sum())
    number = table.shape[0]
    held = np.asarray(table.sum(axis=0), dtype=np.int64).ravel()
    fewest = max(min_count, int(np.ceil(min_support * number - 1e-9)), 1)
    first, second, count = _counts(table, held, fewest)
    swap = (held[first] > held[second]) | ((held[first] == held[second]) & (first > second))
    a, b = np.where(swap, second, first), np.where(swap, first, second)
    possible = int((held >= fewest).sum())
    tests = possible * (possible - 1) // 2
    return _figures((number, left_out, int((held > 0).sum())), (a, b, count), held, tests)


def chance(count: Ints, total: int, a: Ints, b: Ints) -> Floats:
    """P(at least `count` in common) for sets of `a` and `b` out of `total`: hypergeometric, exact."""
    k, x, y = (np.asarray(one, dtype=np.float64) for one in (count, a, b))
    above = k > x * y / max(total, 1)  # The shorter tail is summed.
    upper = np.where(above, _tail(k, total, x, y, +1, np.minimum(x, y)), 0.0)
    least = np.maximum(0.0, x + y - total)
    lower = np.where(~above & (k > least), _tail(k - 1, total, x, y, -1, least), 0.0)
    return np.clip(np.where(above, upper, 1 - lower), 0.0, 1.0)


def corrected(p_values: Floats, tests: int | None = None) -> Floats:
    """Benjamini–Hochberg: the share of false finds among those up to each p-value; `tests` looked at."""
    size = len(p_values)
    tests = max(tests or size, size)
    order = np.argsort(p_values)
    ranked = p_values[order] * tests / np.arange(1, size + 1)
    smallest = np.minimum.accumulate(ranked[::-1])[::-1] if size else ranked
    found = np.empty(size)
    found[order] = np.minimum(smallest, 1.0)
    return found


def _counts(table: sparse.csr_matrix, held: Ints, fewest: int) -> tuple[Ints, Ints, Ints]:
    frequent = np.flatnonzero(held >= fewest)
    told = table[:, frequent].tocsc()
    rows = told.tocsr()
    found: list[tuple[Ints, Ints, Ints]] = []
    step = max(1, CELLS // max(len(frequent), 1))
    for start in range(0, len(frequent), step):
        shared = (told[:, start : start + step].T @ rows).tocoo()
        row = shared.row.astype(np.int64) + start
        kept = (row < shared.col) & (shared.data >= fewest)
        found.append((frequent[row[kept]], frequent[shared.col[kept]], shared.data[kept].astype(np.int64)))
    if not found:
        return np.empty(0, int), np.empty(0, int), np.empty(0, int)
    first, second, count = (np.concatenate(parts) for parts in zip(*found, strict=True))
    return first, second, count


def _figures(totals: tuple[int, int, int], pairs: tuple[Ints, Ints, Ints], held: Ints, tests: int) -> Pairs:
    number = totals[0]
    a, b, count = pairs
    chance_a, chance_b, support = held[a] / max(number, 1), held[b] / max(number, 1), count / max(number, 1)
    confidence = count / held[a]
    lift = confidence / chance_b
    with np.errstate(divide="ignore", invalid="ignore"):
        conviction = np.where(confidence < 1, (1 - chance_b) / (1 - confidence), np.inf)
    p_value = chance(count, number, held[a], held[b])
    order = np.lexsort((b, a, -lift, -count))
    columns: tuple[Any, ...] = (
        *(a, b, count, support, confidence, count / held[b], lift, support - chance_a * chance_b),
        *(conviction, p_value, corrected(p_value, tests)),
    )
    return Pairs(*totals, *(column[order] for column in columns))


def _tail(start: Floats, total: int, a: Floats, b: Floats, step: int, end: Floats) -> Floats:
    """Sum of hypergeometric chances from `start` outwards; terms shrink, so it stops where none counts."""
    term = np.exp(_log_chance(np.clip(start, np.maximum(0, a + b - total), np.minimum(a, b)), total, a, b))
    summed, at = term.copy(), start.copy()
    alive = np.flatnonzero((at < end) if step > 0 else (at > end))
    while len(alive):
        k, x, y = at[alive], a[alive], b[alive]
        if step > 0:
            ratio = (x - k) * (y - k) / ((k + 1) * (total - x - y + k + 1))
        else:
            ratio = k * (total - x - y + k) / ((x - k + 1) * (y - k + 1))
        term[alive] *= ratio
        summed[alive] += term[alive]
        at[alive] += step
        more = (at[alive] < end[alive]) if step > 0 else (at[alive] > end[alive])
        alive = alive[more & (term[alive] > summed[alive] * 1e-17)]
    return summed


def _log_chance(k: Floats, total: int, a: Floats, b: Floats) -> Floats:
    def choose(n: Floats, m: Floats) -> Floats:
        return np.asarray(special.gammaln(n + 1) - special.gammaln(m + 1) - special.gammaln(n - m + 1))

    whole = np.full_like(a, float(total))
    return choose(a, k) + choose(whole - a, b - k) - choose(whole, b)
