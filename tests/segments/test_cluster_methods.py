"""The numbers of clusterings: planted clusters are found and rated, noise is not called structure."""

from __future__ import annotations

import json

import numpy as np
import pytest

from segments.numerics import clustering, explaining, matching, methods
from segments.numerics.assigning import Model

NAMES = ("a", "b", "c")
MIDDLES = np.array([[0, 0, 0], [10, 0, 5], [0, 10, 9.0]])
SIZES = (90, 60, 30)
PLANTED = np.repeat(range(3), SIZES)


@pytest.fixture(autouse=True)
def fewer_resamples(monkeypatch):
    """Enough to tell apart what these tests tell apart."""
    monkeypatch.setattr("segments.numerics.stability.TIMES", 12)
    monkeypatch.setattr("segments.numerics.stability.REFERENCES", 8)


def planted():
    rng = np.random.default_rng(3)
    return np.concatenate([m + rng.normal(0, 0.8, (n, 3)) for m, n in zip(MIDDLES, SIZES, strict=True)])


def grouped(values, **wish):
    names = NAMES[: values.shape[1]]
    return clustering.cluster(np.arange(len(values)), values, clustering.Wish(names, **wish))


@pytest.mark.parametrize("method", methods.METHODS)
def test_planted_clusters_are_found_and_rated_stable(method):
    values = planted()

    found = grouped(values, method=method)

    assert found.k == 3
    assert matching.rand_index(matching.crossed(found.labels, PLANTED)) >= 0.9
    assert found.stability.is_real
    assert min(found.stability.clusters) > 0.75


@pytest.mark.parametrize("method", ["kmeans", "hierarchical"])
@pytest.mark.parametrize("kind", ["normal", "uniform", "exponential", "stretched"])
def test_data_without_clusters_are_rated_unstable(method, kind):
    rng = np.random.default_rng(1)
    values = {
        "normal": rng.normal(0, 1, (300, 3)),
        "uniform": rng.uniform(0, 1, (300, 2)),
        "exponential": rng.exponential(1, (300, 3)),
        "stretched": rng.normal(0, 1, (300, 1)) * [1, 2, 0.5] + rng.normal(0, 0.3, (300, 3)),
    }[kind]

    found = grouped(values, method=method)

    assert not found.stability.is_real
    assert max(found.stability.clusters) < 0.6


@pytest.mark.parametrize("method", ["gmm", "dbscan", "hdbscan"])
@pytest.mark.parametrize("kind", ["normal", "exponential"])
def test_mixtures_and_dense_places_claim_no_groups_where_there_are_none(method, kind):
    rng = np.random.default_rng(1)
    values = rng.normal(0, 1, (300, 3)) if kind == "normal" else rng.exponential(1, (300, 3))

    found = grouped(values, method=method)

    assert not found.stability.is_real
    assert found.k == 1 or max(found.stability.clusters) < 0.6


@pytest.mark.parametrize("method", methods.METHODS)
def test_newcomers_are_assigned_without_refitting_from_plain_numbers(method):
    values = planted()
    found = grouped(values, method=method)

    model = Model.from_json(json.loads(json.dumps(found.model.as_json())))

    assert (model.nearest(values) == found.labels).mean() > 0.99
    firm = found.labels >= 0
    assert model.nearest(MIDDLES).tolist() == [
        np.bincount(found.labels[(one == PLANTED) & firm]).argmax() for one in range(3)
    ]


@pytest.mark.parametrize("method", ["dbscan", "hdbscan"])
def test_who_is_far_from_everybody_is_noise_now_and_later(method):
    values = np.concatenate([planted(), [[40, 40, 40], [-30, 5, 60]]])

    found = grouped(values, method=method, scaling="none", eps=1.5 if method == "dbscan" else None)

    assert found.labels[-2:].tolist() == [-1, -1]
    assert found.noise == int((found.labels == -1).sum())
    assert found.model.nearest(np.array([[200, -90, 7.0]])).tolist() == [-1]


def test_a_mixture_says_when_one_group_explains_the_data_best():
    values = np.random.default_rng(2).normal(0, 1, (200, 2))

    found = grouped(values, method="gmm")

    assert found.by_bic == 1
    assert not found.stability.is_real


def test_a_part_of_a_mixture_that_is_likeliest_for_nobody_is_no_cluster():
    rng = np.random.default_rng(7)
    values = np.c_[rng.poisson(2, 600), rng.gamma(2, 20, 600)].astype(float)

    found = grouped(values, method="gmm", k=9)

    sizes = [one.size for one in found.profiles]
    assert min(sizes) > 0
    assert len(sizes) == found.k == len(found.model.centres) < 9
    assert sum(sizes) == 600
    assert (found.model.nearest(values) == found.labels).all()


def test_the_same_seed_gives_the_same_clusters_with_every_method():
    values = planted()

    for method in methods.METHODS:
        first, again = grouped(values, method=method, seed=7), grouped(values, method=method, seed=7)
        assert (first.labels == again.labels).all()
        assert first.model.as_json() == again.model.as_json()
        assert first.stability == again.stability


def test_what_is_impossible_is_refused():
    with pytest.raises(clustering.TooManyWanted):
        grouped(np.repeat(planted()[:6], 3, axis=0), k=8)
    with pytest.raises(clustering.TooLittleData):
        grouped(np.ones((40, 2)), method="dbscan")
    with pytest.raises(clustering.NothingFound):
        grouped(planted(), method="dbscan", eps=1e-6, min_points=50)


def test_rules_find_planted_clusters_with_round_thresholds():
    values = planted()
    found = grouped(values)

    rules = explaining.explain(values, found.labels, 3, 1)

    for number, boxes in enumerate(rules):
        precision, recall, _f1 = explaining.quality(explaining.inside(boxes, values), found.labels == number)
        assert min(precision, recall) >= 0.9
        for bound in (one for box in boxes for one in box):
            assert all(edge == round(edge, 1) for edge in (bound.low, bound.high) if edge is not None)


def test_a_second_clustering_is_matched_with_the_first_by_its_centres():
    old = np.array([[0.0, 0], [10, 0], [0, 10]])
    new = np.array([[0.2, 9.8], [0.1, 0], [40, 40]])

    assert matching.same_clusters(old, new) == {0: 2, 1: 0}


def test_the_rand_index_is_that_of_the_published_definition():
    from sklearn.metrics import adjusted_rand_score

    rng = np.random.default_rng(4)
    one, other = rng.integers(-1, 4, 200), rng.integers(-1, 3, 200)

    assert matching.rand_index(matching.crossed(one, other)) == pytest.approx(adjusted_rand_score(one, other))
    assert matching.rand_index(matching.crossed(one, one)) == 1


def test_categories_keep_their_weight_and_prepared_values_can_be_turned_back():
    values = np.c_[np.random.default_rng(1).exponential(50, 200), np.repeat([0.0, 1], [190, 10])]

    prepared = clustering.prepare(values, "standard", (False, True))

    ready = prepared.apply(values)
    assert set(ready[:, 1]) == {0.0, 1.0}
    tame = np.clip(values, prepared.low, prepared.high)
    assert prepared.undo(ready) == pytest.approx(tame)
