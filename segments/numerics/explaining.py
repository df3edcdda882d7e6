"""One short rule per cluster, read off a small decision tree on features as people know them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import floor, isfinite, log10

import numpy as np
import numpy.typing as npt

from segments.numerics.assigning import Floats, Labels

DEEPEST = 3
SAMPLE = 50_000
WORTH = 0.01  # A longer rule must gain this much F1.
ROUNDING = 0.002  # A rounder threshold may cost this much.
DIGITS = range(1, 7)

type Mask = npt.NDArray[np.bool_]


@dataclass(frozen=True, slots=True)
class Bound:
    """`column` is at least `low` and below `high`; None is open."""

    column: int
    low: float | None = None
    high: float | None = None


type Box = tuple[Bound, ...]


def explain(raw: Floats, labels: Labels, k: int, seed: int) -> list[tuple[Box, ...]]:
    """For each cluster boxes of which any holds (n × d raw values, no NaN); () where nothing separates it."""
    rows = np.arange(len(raw))
    if len(raw) > SAMPLE:
        rows = np.sort(np.random.default_rng(seed).choice(len(raw), SAMPLE, replace=False))
    values, own = raw[rows], labels[rows]
    return [_rule(values, own == one, seed) for one in range(k)]


def inside(boxes: Sequence[Box], values: Floats) -> Mask:
    """Which rows any of the boxes holds."""
    found = np.zeros(len(values), dtype=bool)
    for box in boxes:
        held = np.ones(len(values), dtype=bool)
        for bound in box:
            column = values[:, bound.column]
            if bound.low is not None:
                held &= column >= bound.low
            if bound.high is not None:
                held &= column < bound.high
        found |= held
    return found


def quality(claimed: Mask, mine: Mask) -> tuple[float, float, float]:
    """Precision, recall and F1."""
    hits = float((claimed & mine).sum())
    precision = hits / max(float(claimed.sum()), 1.0)
    recall = hits / max(float(mine.sum()), 1.0)
    return precision, recall, 2 * precision * recall / (precision + recall) if hits else 0.0


def _rule(values: Floats, mine: Mask, seed: int) -> tuple[Box, ...]:
    """The shortest of three depths that is about as good as the best."""
    if not mine.any() or mine.all():
        return ()
    tried = []
    for depth in range(1, DEEPEST + 1):
        boxes = _boxes(values, mine, depth, seed)
        tried.append((quality(inside(boxes, values), mine)[2], boxes))
    best = max(score for score, _ in tried)
    boxes = next(boxes for score, boxes in tried if score >= best - WORTH)
    return tuple(_rounded(boxes, values, mine))


def _boxes(values: Floats, mine: Mask, depth: int, seed: int) -> list[Box]:
    """The leaves, purest first, as long as each one makes the rule better; then brothers are joined."""
    from sklearn.tree import DecisionTreeClassifier

    tree = DecisionTreeClassifier(
        max_depth=depth, min_samples_leaf=max(1, int(mine.sum()) // 50), random_state=seed
    ).fit(values, mine)
    leaves = tree.apply(values)
    sizes = np.bincount(leaves)
    hits = np.bincount(leaves, mine)
    order = sorted(np.flatnonzero(hits).tolist(), key=lambda leaf: (-hits[leaf] / sizes[leaf], -hits[leaf]))
    chosen: set[int] = set()
    best = 0.0
    for leaf in order:
        with_it = np.isin(leaves, [*chosen, leaf])
        score = quality(with_it, mine)[2]
        if score > best + (WORTH if chosen else 0.0):
            chosen, best = {*chosen, leaf}, score
    return _walk(tree.tree_, 0, chosen, ())


def _walk(tree: object, node: int, chosen: set[int], path: Box) -> list[Box]:
    left, right = tree.children_left[node], tree.children_right[node]  # type: ignore[attr-defined]
    if left < 0:
        return [path] if node in chosen else []
    column, limit = int(tree.feature[node]), float(tree.threshold[node])  # type: ignore[attr-defined]
    below = _walk(tree, left, chosen, _narrowed(path, Bound(column, None, limit)))
    above = _walk(tree, right, chosen, _narrowed(path, Bound(column, limit, None)))
    whole = [_narrowed(path, Bound(column, None, limit))], [_narrowed(path, Bound(column, limit, None))]
    if below == whole[0] and above == whole[1]:
        return [path]
    return below + above


def _narrowed(path: Box, bound: Bound) -> Box:
    """The path with one more bound; deeper ones on the same column are tighter."""
    for place, one in enumerate(path):
        if one.column == bound.column:
            low = bound.low if bound.low is not None else one.low
            high = bound.high if bound.high is not None else one.high
            return (*path[:place], Bound(one.column, low, high), *path[place + 1 :])
    return (*path, bound)


def _rounded(boxes: list[Box], values: Floats, mine: Mask) -> list[Box]:
    """Thresholds with as few digits as the rule can bear; whole numbers where all values are whole."""
    exact = quality(inside(boxes, values), mine)[2]
    limits = {(one.column, edge) for box in boxes for one in box for edge in (one.low, one.high)}
    for column, edge in sorted((column, edge) for column, edge in limits if edge is not None):
        whole = bool((values[:, column] == np.floor(values[:, column])).all())
        for candidate in _rounder(edge, whole=whole):
            again = [_moved(box, column, edge, candidate) for box in boxes]
            if quality(inside(again, values), mine)[2] >= exact - ROUNDING:
                boxes = again
                break
    return boxes


def _rounder(value: float, *, whole: bool) -> list[float]:
    """From the roundest number near `value` to a long one."""
    if value == 0 or not isfinite(value):
        return [value]
    size = floor(log10(abs(value)))
    found = [round(value, digits - 1 - size) for digits in DIGITS]
    if whole:
        found = [np.ceil(one) for one in found] + [np.ceil(value)]
    return [float(one) for one in dict.fromkeys(found)]


def _moved(box: Box, column: int, edge: float, to: float) -> Box:
    return tuple(
        Bound(one.column, to if one.low == edge else one.low, to if one.high == edge else one.high)
        if one.column == column
        else one
        for one in box
    )
