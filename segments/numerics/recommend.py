"""What else could suit a customer: products that resemble, by their buyers, those already bought.

Resemblance of products i and j is the cosine of their columns in the customer × product table, every customer
weighted by 1 / ln(1 + products bought) so that those who buy everything say little, times n / (n + 10) for n
customers who bought both, so that a few shared buyers are not believed (Sarwar et al. 2001; Koren 2008 for
the shrinkage). A product's score for a customer is the sum over what they bought. Only pairs that share more
buyers than chance (lift > 1) resemble each other at all.

Popularity may count too: with a share p products are ranked by (1 − p) · score / the customer's best score
+ p · buyers / most buyers, from resemblance alone (0) to best-sellers alone (1). `recommend_trial.choose`
finds p.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np
import numpy.typing as npt

from segments.numerics.late import late

if TYPE_CHECKING:
    from scipy import sparse
else:
    sparse = late("scipy.sparse")

KEEP = 50  # Neighbours per product.
SHRINK = 10.0
FEWEST = 2  # Shared buyers; one customer is no pattern, and would be recognisable.
RESELLER = 1000  # Somebody with more different products says nothing of taste, and costs their square.
CELLS = 1_000_000  # Of a dense block.

type Ints = npt.NDArray[np.int64]
type Floats = npt.NDArray[np.float64]
type Flags = npt.NDArray[np.bool_]
type Table = Any  # scipy.sparse.csr_matrix; its stubs are no help here.
type Progress = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Neighbours:
    """Per product at most KEEP others, the strongest first: product, other (codes) and weight in (0, 1]."""

    product: Ints
    other: Ints
    weight: Floats

    def table(self, items: int) -> Table:
        """As products × products."""
        return sparse.csr_matrix((self.weight, (self.product, self.other)), shape=(items, items))


@dataclass(frozen=True, slots=True)
class Suggestions:
    """Per customer `limit` products, best first; −1 where there is none.

    `because` is the bought product that speaks for it most, −1 where popularity counts for more.
    """

    items: Ints
    scores: Floats
    because: Ints


def bought(customers: Ints, items: Ints, shape: tuple[int, int]) -> Table:
    """Customers × products with 1 where somebody bought something, from codes of lines."""
    table = sparse.csr_matrix((np.ones(len(customers)), (customers, items)), shape=shape)
    table.sum_duplicates()
    table.data[:] = 1.0
    table.sort_indices()
    return table


def buyers(table: Table) -> Floats:
    """How many customers bought each product."""
    return np.asarray(table.sum(axis=0), dtype=np.float64).ravel()


def neighbours(table: Table, tell: Progress = lambda done, of: None) -> Neighbours:
    """The products that resemble each product; time grows with Σ (products per customer)², in blocks."""
    sizes = np.diff(table.indptr)
    told = table[(sizes > 0) & (sizes <= RESELLER)]
    sizes = sizes[(sizes > 0) & (sizes <= RESELLER)]
    people, count = told.shape
    weighted = (sparse.diags(1 / np.log1p(sizes)) @ told).tocsc() if people else told.tocsc()
    both, reach = told.tocsc() + 1j * weighted, buyers(told)
    norm = np.sqrt(buyers(weighted))
    found: list[tuple[Ints, Ints, Floats]] = []
    step = max(1, CELLS // max(count, 1))
    for start in range(0, count, step):
        found.append(_block(both[:, start : start + step], told, norm, reach, start))
        tell(min(start + step, count), count)
    columns = [np.concatenate(parts) for parts in zip(*found, strict=True)] if found else []
    return Neighbours(*columns) if columns else Neighbours(np.empty(0, int), np.empty(0, int), np.empty(0))


def recommend(
    owned: Table,
    resembling: Table,
    popular: Floats,
    *,
    limit: int,
    allowed: Flags | None = None,
    popularity: float = 0.0,
) -> Suggestions:
    """The best `limit` products new to each row of `owned`; `popularity` is its share in the ranking.

    Whatever the share, `popular` orders products where nothing (more) resembles what somebody bought, and
    breaks ties; products with no buyers, or not `allowed`, are never suggested.
    """
    people, count = owned.shape
    limit = min(limit, count)
    size = max(1, CELLS // max(count, 1))
    tie = popular / (popular.max() + 1) if count else popular
    closed = (popular <= 0) if allowed is None else (popular <= 0) | ~allowed
    parts = [
        _best(owned[start : start + size], resembling, tie, closed, limit, popularity)
        for start in range(0, people, size)
    ]
    if not parts:
        return Suggestions(np.empty((0, limit), int), np.empty((0, limit)), np.empty((0, limit), int))
    items, scores, alike = (np.concatenate(column) for column in zip(*parts, strict=True))
    return Suggestions(items, scores, _because(owned, resembling, items, alike))


def most_popular(owned: Table, popular: Floats, *, limit: int, allowed: Flags | None = None) -> Ints:
    """The same choice from the same products by popularity alone: what a recommendation has to beat."""
    nothing = sparse.csr_matrix((owned.shape[1], owned.shape[1]))
    return recommend(owned, nothing, popular, limit=limit, allowed=allowed).items


def _block(both: Table, told: Table, norm: Floats, reach: Floats, start: int) -> tuple[Ints, Ints, Floats]:
    """One product of tables for two: the real part counts shared buyers, the imaginary adds their weights."""
    shared = (both.T @ told).tocsr()
    product = np.repeat(np.arange(shared.shape[0]), np.diff(shared.indptr)) + start
    other, count = shared.indices.astype(np.int64), shared.data.real
    lift = count * told.shape[0] / (reach[product] * reach[other])
    kept = (product != other) & (count >= FEWEST) & (lift > 1)
    product, other, count = product[kept], other[kept], count[kept]
    weight = shared.data.imag[kept] / (norm[product] * norm[other]) * (count / (count + SHRINK))
    order = np.lexsort((other, -weight, product))
    product, other, weight = product[order], other[order], weight[order]
    first = np.searchsorted(product, product)  # Where the neighbours of this product begin.
    near = np.arange(len(product)) - first < KEEP
    return product[near], other[near], weight[near]


def _best(
    owned: Table, resembling: Table, tie: Floats, closed: Flags, limit: int, popularity: float
) -> tuple[Ints, Floats, Flags]:
    """The products, their scores, and whether it is resemblance that speaks for them."""
    alike = np.asarray((owned @ resembling).toarray(), dtype=np.float64)
    shut = (np.repeat(np.arange(owned.shape[0]), np.diff(owned.indptr)), owned.indices)
    alike[:, closed] = alike[shut] = 0.0
    best = alike.max(axis=1, initial=0.0, keepdims=True)
    ranked = _mixed(alike, best, tie, popularity) + 1e-9 * tie  # Which decides between equals at least.
    ranked[:, closed] = ranked[shut] = -np.inf
    if limit < ranked.shape[1]:
        near = np.argpartition(-ranked, limit - 1, axis=1)[:, :limit]
    else:
        near = np.tile(np.arange(ranked.shape[1]), (ranked.shape[0], 1))
    values = np.take_along_axis(ranked, near, axis=1)
    order = np.lexsort((near, -values), axis=1)
    items = np.take_along_axis(near, order, axis=1)
    possible = np.isfinite(np.take_along_axis(ranked, items, axis=1))
    chosen = np.take_along_axis(alike, items, axis=1)
    scores = _mixed(chosen, best, tie[items], popularity)
    return (
        np.where(possible, items, -1),
        np.where(possible, scores, 0.0),
        possible & ((1 - popularity) * chosen > scores / 2),
    )


def _mixed(alike: Floats, best: Floats, tie: Floats, popularity: float) -> Floats:
    """Both parts of a score; popularity is stretched to the customer's best one, or 1 where there is none."""
    if not popularity:
        return alike
    return (1 - popularity) * alike + popularity * np.where(best > 0, best, 1.0) * tie


def _because(owned: Table, resembling: Table, items: Ints, alike: Flags) -> Ints:
    """For every suggestion made by resemblance the bought product with the greatest share in its score."""
    because = np.full(items.shape, -1, dtype=np.int64)
    toward = resembling.T.tocsr()
    for place in range(items.shape[1]):
        rows = np.flatnonzero(alike[:, place])
        if len(rows):
            parts = owned[rows].multiply(toward[items[rows, place]]).tocsr()
            because[rows, place] = np.asarray(parts.argmax(axis=1)).ravel()
    return because
