"""How far products reach: buyers, those who came back for it and after how long; and favourites of groups."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segments.numerics.pairs import FEWEST, SURE, Floats, Ints, chance, corrected
from segments.numerics.recommend import Table, buyers

DAY = 86_400.0
ENOUGH = 5  # Gaps between purchases; fewer say nothing of what is usual.


@dataclass(frozen=True, slots=True)
class Reach:
    """Per product: who bought it, who did in more than one order, and the median days between (or nan)."""

    buyers: Ints
    again: Ints
    gap_days: Floats


@dataclass(frozen=True, slots=True)
class Favourites:
    """One row per group and product: members who bought it, their share, the share of all, corrected p."""

    group: Ints
    product: Ints
    count: Ints
    share: Floats
    share_of_all: Floats
    q_value: Floats


def reach(customers: Ints, items: Ints, moments: Ints, count: int) -> Reach:
    """From one line per product of an order: codes of 0 to `count` − 1 and seconds; days apart by 86,400."""
    order = np.lexsort((moments, customers, items))
    who, what, when = customers[order], items[order], moments[order]
    begins = np.ones(len(what), dtype=bool)
    begins[1:] = (who[1:] != who[:-1]) | (what[1:] != what[:-1])
    place = np.flatnonzero(begins)
    sizes = np.diff(np.append(place, len(what)))
    gap = np.diff(when, prepend=when[:1]) / DAY
    gaps, of = gap[~begins], what[~begins]
    by_length = np.lexsort((gaps, of))
    gaps, of = gaps[by_length], of[by_length]
    first, last = np.searchsorted(of, np.arange(count)), np.searchsorted(of, np.arange(count), side="right")
    number = last - first
    usual = np.full(count, np.nan)
    known = np.flatnonzero(number >= ENOUGH)
    middle = first[known] + (number[known] - 1) // 2
    usual[known] = (gaps[middle] + gaps[first[known] + number[known] // 2]) / 2
    return Reach(
        np.bincount(what[place], minlength=count),
        np.bincount(what[place][sizes > 1], minlength=count),
        usual,
    )


def favourites(members: Table, owned: Table, *, most: int) -> Favourites:
    """Products that groups (rows of `members`, columns the customers of `owned`) buy more than everyone does.

    At most `most` per group, by how far their share lies above that of all buyers; only sure ones.
    """
    total, groups = owned.shape[0], members.shape[0]
    sizes = np.asarray(members.sum(axis=1), dtype=np.int64).ravel()
    shared = (members @ owned).tocoo()
    group, product = shared.row.astype(np.int64), shared.col.astype(np.int64)
    count, everywhere = shared.data.astype(np.int64), buyers(owned).astype(np.int64)
    kept = count >= FEWEST
    group, product, count = group[kept], product[kept], count[kept]
    share, of_all = count / sizes[group], everywhere[product] / max(total, 1)
    tests = groups * int((everywhere >= FEWEST).sum())
    q_value = corrected(chance(count, total, sizes[group], everywhere[product]), tests)
    sure = (share > of_all) & (q_value <= SURE)
    columns = [column[sure] for column in (group, product, count, share, of_all, q_value)]
    order = np.lexsort((columns[1], columns[4] - columns[3], columns[0]))
    columns = [column[order] for column in columns]
    first = np.searchsorted(columns[0], columns[0])
    best: npt.NDArray[np.bool_] = np.arange(len(order)) - first < most
    return Favourites(*(column[best] for column in columns))
