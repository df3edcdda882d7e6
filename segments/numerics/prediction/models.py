"""Fitted models as plain numbers that a person can read: sums of weighted columns, and trees.

They say what scikit-learn's own objects would say, survive as JSON, and need no pickle.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segments.numerics.late import late

special = late("scipy.special")

type Floats = npt.NDArray[np.float64]
type Ints = npt.NDArray[np.int64]
BLOCK = 50_000  # Rows at once, so that they stay near the processor.
SMALL = 40  # Nodes of a tree, of which every row may ask all.


@dataclass(frozen=True, slots=True)
class Preparation:
    """What stands for an unknown number in each column (`fill`), and which columns get a flag for it."""

    fill: Floats
    flagged: Ints

    def __call__(self, values: Floats) -> Floats:
        """Values (n × columns, NaN unknown) without gaps, then the flags; rounded as trees see them."""
        unknown = np.isnan(values)
        whole = np.where(unknown, self.fill, values)
        both = np.hstack([whole, unknown[:, self.flagged].astype(np.float64)])
        return both.astype(np.float32).astype(np.float64)

    @classmethod
    def of(cls, values: Floats) -> Preparation:
        known = ~np.isnan(values)
        sums = np.where(known, values, 0).sum(axis=0)
        return cls(sums / np.maximum(known.sum(axis=0), 1), np.flatnonzero(~known.all(axis=0)))


@dataclass(frozen=True, slots=True)
class Linear:
    """`weights` of the columns and of the products of `pairs` of them, all less `center` over `scale`."""

    pairs: Ints
    center: Floats
    scale: Floats
    weights: Floats
    intercept: float

    def raw(self, values: Floats) -> Floats:
        return np.asarray(
            widened(values, self.pairs, self.center, self.scale) @ self.weights + self.intercept
        )

    def as_json(self) -> dict[str, Any]:
        kept = {name: getattr(self, name).tolist() for name in ("pairs", "center", "scale", "weights")}
        return {**kept, "intercept": self.intercept}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Linear:
        center, scale, weights = (np.array(kept[name], np.float64) for name in ("center", "scale", "weights"))
        pairs = np.array(kept["pairs"], np.int64).reshape(-1, 2)
        return cls(pairs, center, scale, weights, kept["intercept"])


def widened(values: Floats, pairs: Ints, center: Floats, scale: Floats) -> Floats:
    """The columns (n × k), comparable, and then the products of pairs of them."""
    even = (values - center) / scale
    return np.hstack([even, even[:, pairs[:, 0]] * even[:, pairs[:, 1]]]) if len(pairs) else even


@dataclass(frozen=True, slots=True)
class Tree:
    """Nodes: go `left` where the column is at most the threshold, else `right`; a leaf leads to itself."""

    column: Ints
    threshold: Floats
    left: Ints
    right: Ints
    value: Floats
    depth: int

    @property
    def is_small(self) -> bool:
        return len(self.value) <= SMALL

    def leaves(self, values: Floats) -> Floats:
        """The value of the leaf that each row ends in."""
        if self.is_small:
            return np.broadcast_to(self._chosen(values, 0), len(values))
        at = np.zeros(len(values), np.int64)
        rows, width = np.arange(len(values)) * values.shape[1], values.ravel()
        for _ in range(self.depth):
            goes_left = width.take(rows + self.column.take(at)) <= self.threshold.take(at)
            at = np.where(goes_left, self.left.take(at), self.right.take(at))
        return self.value.take(at)

    def _chosen(self, values: Floats, node: int) -> Floats:
        """The same from a node on: all rows choose between both sides, which is quick while these are few."""
        left, right = int(self.left[node]), int(self.right[node])
        if left == node:
            return np.asarray(self.value[node])
        goes_left = values[:, self.column[node]] <= self.threshold[node]
        return np.where(goes_left, self._chosen(values, left), self._chosen(values, right))

    def as_json(self) -> list[Any]:
        arrays = [self.column, self.threshold, self.left, self.right, self.value]
        return [*(one.tolist() for one in arrays), self.depth]

    @classmethod
    def from_json(cls, kept: list[Any]) -> Tree:
        column, threshold, left, right, value, depth = kept
        columns, to_left, to_right = (np.array(one, np.int64) for one in (column, left, right))
        limits, values = (np.array(one, np.float64) for one in (threshold, value))
        return cls(columns, limits, to_left, to_right, values, depth)


@dataclass(frozen=True, slots=True)
class Trees:
    """`base` plus the sum of what the trees say (boosting), or their mean (`base` 0, forest)."""

    trees: tuple[Tree, ...]
    base: float
    is_mean: bool

    def raw(self, values: Floats) -> Floats:
        lie = np.asfortranarray if all(tree.is_small for tree in self.trees) else np.ascontiguousarray
        found = np.zeros(len(values))
        for start in range(0, len(values), BLOCK):
            piece = lie(values[start : start + BLOCK])  # Small ones read column by column.
            for tree in self.trees:
                found[start : start + BLOCK] += tree.leaves(piece)
        return self.base + (found / len(self.trees) if self.is_mean else found)

    def as_json(self) -> dict[str, Any]:
        return {"trees": [one.as_json() for one in self.trees], "base": self.base, "is_mean": self.is_mean}

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Trees:
        return cls(tuple(Tree.from_json(one) for one in kept["trees"]), kept["base"], kept["is_mean"])


@dataclass(frozen=True, slots=True)
class Model:
    """One fitted learner; `link` "logit" turns its sum into a chance, "plain" leaves it."""

    name: str
    prepare: Preparation
    core: Linear | Trees
    link: str

    def predict(self, values: Floats) -> Floats:
        """A chance or a number for each row of values (n × columns, NaN unknown)."""
        raw = self.core.raw(self.prepare(values))
        return np.asarray(special.expit(raw)) if self.link == "logit" else raw

    def as_json(self) -> dict[str, Any]:
        return {
            "name": self.name,
            "fill": self.prepare.fill.tolist(),
            "flagged": self.prepare.flagged.tolist(),
            "link": self.link,
            "core": self.core.as_json(),
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Model:
        prepare = Preparation(np.array(kept["fill"], np.float64), np.array(kept["flagged"], np.int64))
        kind = Trees if "trees" in kept["core"] else Linear
        return cls(kept["name"], prepare, kind.from_json(kept["core"]), kept["link"])
