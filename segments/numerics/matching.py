"""Two groupings of the same people, or two sets of centres, beside each other."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

from segments.numerics.assigning import Floats, Labels

NEAR = 0.5  # An old centre is the same cluster within this share of the way to the next new one.

type Counts = npt.NDArray[np.int64]


def crossed(first: Labels, second: Labels) -> Counts:
    """How many rows carry each pair of labels (labels from 0 up; −1 becomes the last row or column)."""
    rows, columns = int(first.max()) + 1, int(second.max()) + 1
    a, b = np.where(first < 0, rows, first), np.where(second < 0, columns, second)
    flat = np.bincount(a * (columns + 1) + b, minlength=(rows + 1) * (columns + 1))
    return flat.reshape(rows + 1, columns + 1).astype(np.int64)


def rand_index(table: Counts) -> float:
    """Adjusted Rand index of a cross table (Hubert and Arabie 1985): 1 is the same, 0 is chance."""
    counts = table.astype(float)

    def pairs(values: Floats) -> float:
        return float((values * (values - 1) / 2).sum())

    both, rows, columns = pairs(counts), pairs(counts.sum(axis=1)), pairs(counts.sum(axis=0))
    total = pairs(counts.sum(keepdims=True))
    expected = rows * columns / total if total else 0.0
    most = (rows + columns) / 2
    return (both - expected) / (most - expected) if most != expected else 1.0


def same_clusters(old: Floats, new: Floats) -> dict[int, int]:
    """{new: old} for clusters whose centre has hardly moved; both in the same units (k × d).

    Pairs are those with the smallest sum of distances (Hungarian method).
    """
    from scipy.optimize import linear_sum_assignment
    from scipy.spatial.distance import cdist

    if not len(old) or not len(new):
        return {}
    apart = cdist(new, old)
    between = cdist(new, new)
    np.fill_diagonal(between, np.inf)
    room = NEAR * between.min(axis=1)
    pairs = zip(*linear_sum_assignment(apart), strict=True)
    return {int(mine): int(theirs) for mine, theirs in pairs if apart[mine, theirs] <= room[mine]}
