from __future__ import annotations

import json

import numpy as np
import pytest
from sklearn.ensemble import HistGradientBoostingClassifier, RandomForestRegressor
from sklearn.linear_model import LogisticRegression

from segments.numerics.prediction import comparing, learners
from segments.numerics.prediction.models import Model


def people(rows=600, seed=2):
    """Three numbers, the last unknown for some; the chance follows the first two, the number all."""
    rng = np.random.default_rng(seed)
    values = rng.normal(size=(rows, 3))
    chance = 1 / (1 + np.exp(-(2 * values[:, 0] - values[:, 1])))
    number = 3 * values[:, 0] + values[:, 1] ** 2 + 0.1 * rng.normal(size=rows)
    values[rng.random(rows) < 0.2, 2] = np.nan
    return values, rng.random(rows) < chance, number


@pytest.mark.parametrize("name", learners.LEARNERS)
@pytest.mark.parametrize("kind", ["chance", "number"])
def test_each_learner_learns_and_says_the_same_after_being_kept(name, kind):
    values, yes, number = people()
    target = yes if kind == "chance" else number

    model = learners.fit(name, values[:400], target[:400], 1)

    said = model.predict(values[400:])
    kept = Model.from_json(json.loads(json.dumps(model.as_json())))
    np.testing.assert_array_equal(kept.predict(values[400:]), said)
    if kind == "chance":
        assert ((said >= 0) & (said <= 1)).all()
        assert said[yes[400:]].mean() > said[~yes[400:]].mean() + 0.2
    else:
        assert np.corrcoef(said, number[400:])[0, 1] > 0.85


def test_kept_numbers_say_what_scikit_learn_says():
    values, yes, number = people()
    whole = values[:, :2].astype(np.float32).astype(np.float64)

    boosted = HistGradientBoostingClassifier(
        **learners.BOOSTED, l2_regularization=1.0, early_stopping=False, random_state=1
    ).fit(whole, yes)
    forest = RandomForestRegressor(
        learners.FOREST_TREES, max_depth=9, min_samples_leaf=10, max_features=0.4, random_state=1
    ).fit(whole, number)
    logistic = LogisticRegression(max_iter=500).fit((whole - whole.mean(0)) / whole.std(0), yes)

    np.testing.assert_allclose(
        learners.fit("boosting", whole, yes, 1).predict(whole), boosted.predict_proba(whole)[:, 1], rtol=1e-9
    )
    np.testing.assert_allclose(learners.fit("forest", whole, number, 1).predict(whole), forest.predict(whole))
    np.testing.assert_allclose(
        learners.fit("linear", whole, yes, 1).predict(whole),
        logistic.predict_proba((whole - whole.mean(0)) / whole.std(0))[:, 1],
        rtol=1e-6,
    )


def test_products_of_columns_find_what_sums_do_not():
    values, _yes, _number = people()
    bent = values[:, 1] ** 2

    straight = learners.fit("linear", values, bent, 1).predict(values)
    curved = learners.fit("polynomial", values, bent, 1).predict(values)

    assert np.corrcoef(straight, bent)[0, 1] < 0.3
    assert np.corrcoef(curved, bent)[0, 1] > 0.99


def test_every_row_is_judged_by_learners_that_have_not_seen_it():
    rng = np.random.default_rng(5)
    noise, luck = rng.normal(size=(300, 4)), rng.random(300) < 0.3

    found = comparing.compare(noise, luck, 1, lambda _done, _of: None)

    assert all(abs(one.measured["auc"] - 0.5) < 0.12 for one in found)
    sizes = [int((comparing.folds(luck, 1)[luck] == n).sum()) for n in range(5)]
    assert max(sizes) - min(sizes) <= 1


def test_a_copy_of_the_target_is_known_for_one():
    yes = np.arange(100) % 3 == 0
    number = np.arange(100.0)

    assert comparing.same_as(np.where(yes, 7.0, 2.0), yes)
    assert comparing.same_as(-2 * number + 5, number)
    assert not comparing.same_as(np.where(np.arange(100) == 1, 7.0, yes * 7.0), yes)
    assert not comparing.same_as(np.full(100, 3.0), yes)
    assert not comparing.same_as(number**3, number)
