"""The learners: sums of columns, sums of their products, a tree, a forest, boosted trees (scikit-learn)."""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt
from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

from segments.numerics.late import late
from segments.numerics.prediction.models import (
    Floats,
    Linear,
    Model,
    Preparation,
    Tree,
    Trees,
    widened,
)

ensemble = late("sklearn.ensemble")
linear_model = late("sklearn.linear_model")
tree = late("sklearn.tree")

LINEAR, POLYNOMIAL, TREE, FOREST, BOOSTING = "linear", "polynomial", "tree", "forest", "boosting"
LEARNERS = (LINEAR, POLYNOMIAL, TREE, FOREST, BOOSTING)
MOST_SQUARED = 12  # Columns whose products are taken.
FOREST_TREES = 80
BOOSTED = {"max_iter": 120, "learning_rate": 0.06, "max_leaf_nodes": 12, "min_samples_leaf": 20}


def fit(name: str, values: Floats, target: npt.NDArray[Any], seed: int) -> Model:
    """Learn `target` (n: flags for a chance, else numbers) from values (n × columns, NaN unknown)."""
    with threadpool_limits(1):  # Small work: threads would wait for each other, and sum in any order.
        return _fit(name, values, target, seed)


def _fit(name: str, values: Floats, target: npt.NDArray[Any], seed: int) -> Model:
    is_chance = target.dtype == np.bool_
    prepare = Preparation.of(values)
    known = prepare(values)
    if name in (LINEAR, POLYNOMIAL):
        pairs = _pairs(known, values.shape[1]) if name == POLYNOMIAL else np.empty((0, 2), np.int64)
        return Model(
            name, prepare, _linear(known, target, pairs, is_chance), "logit" if is_chance else "plain"
        )
    if name == BOOSTING:
        return Model(
            name, prepare, _boosted(known, target, is_chance, seed), "logit" if is_chance else "plain"
        )
    return Model(name, prepare, _grown(name, known, target, is_chance, seed), "plain")


def _linear(known: Floats, target: npt.NDArray[Any], pairs: npt.NDArray[np.int64], is_chance: bool) -> Linear:
    center, scale = known.mean(axis=0), known.std(axis=0)
    scale = np.where(scale > 1e-12, scale, 1.0)
    wide = widened(known, pairs, center, scale)
    made = (
        linear_model.LogisticRegression(C=1.0 if not len(pairs) else 0.1, max_iter=500)
        if is_chance
        else linear_model.Ridge(1.0)
    )
    made.fit(wide, target)
    return Linear(pairs, center, scale, np.ravel(made.coef_), float(np.ravel(made.intercept_)[0]))


def _pairs(known: Floats, columns: int) -> npt.NDArray[np.int64]:
    """Each number with itself and with every other; products of yes and no say little for their count."""
    numbers = [one for one in range(columns) if len(np.unique(known[:1000, one])) > 2][:MOST_SQUARED]
    pairs = [(one, other) for place, one in enumerate(numbers) for other in numbers[place:]]
    return np.array(pairs, np.int64).reshape(-1, 2)


def _grown(name: str, known: Floats, target: npt.NDArray[Any], is_chance: bool, seed: int) -> Trees:
    least = max(10, len(known) // 200)
    made: Any
    if name == TREE:
        grower = tree.DecisionTreeClassifier if is_chance else tree.DecisionTreeRegressor
        made = grower(max_depth=5, min_samples_leaf=max(20, len(known) // 100), random_state=seed)
        return Trees((_of_tree(made.fit(known, target).tree_, is_chance),), 0.0, is_mean=True)
    many = ensemble.RandomForestClassifier if is_chance else ensemble.RandomForestRegressor
    made = many(FOREST_TREES, max_depth=9, min_samples_leaf=least, max_features=0.4, random_state=seed)
    made.fit(known, target)
    return Trees(tuple(_of_tree(one.tree_, is_chance) for one in made.estimators_), 0.0, is_mean=True)


def _of_tree(grown: Any, is_chance: bool) -> Tree:
    here = np.arange(grown.node_count)
    is_leaf = grown.children_left < 0
    means = grown.value[:, 0, :]
    value = means[:, -1] / means.sum(axis=1) if is_chance else means[:, 0]
    return Tree(
        np.where(is_leaf, 0, grown.feature).astype(np.int64),
        np.where(is_leaf, 0.0, grown.threshold),
        np.where(is_leaf, here, grown.children_left).astype(np.int64),
        np.where(is_leaf, here, grown.children_right).astype(np.int64),
        np.asarray(value, np.float64),
        int(grown.max_depth),
    )


def _boosted(known: Floats, target: npt.NDArray[Any], is_chance: bool, seed: int) -> Trees:
    grower = ensemble.HistGradientBoostingClassifier if is_chance else ensemble.HistGradientBoostingRegressor
    made: Any = grower(**BOOSTED, l2_regularization=1.0, early_stopping=False, random_state=seed)
    made.fit(known, target)
    base = float(np.ravel(made._baseline_prediction)[0])
    return Trees(tuple(_of_nodes(one[0].nodes) for one in made._predictors), base, is_mean=False)


def _of_nodes(nodes: Any) -> Tree:
    here = np.arange(len(nodes))
    is_leaf = nodes["is_leaf"].astype(bool)
    return Tree(
        np.where(is_leaf, 0, nodes["feature_idx"]).astype(np.int64),
        np.where(is_leaf, 0.0, nodes["num_threshold"]),
        np.where(is_leaf, here, nodes["left"]).astype(np.int64),
        np.where(is_leaf, here, nodes["right"]).astype(np.int64),
        nodes["value"].astype(np.float64),
        int(nodes["depth"].max()),
    )
