from __future__ import annotations

import csv
import json
from io import StringIO

import numpy as np
import pytest
from django.core.management import CommandError, call_command

from crm.models import CustomField
from segments import lease, refresh
from segments.clusters import laboratory
from segments.clusters.naming import name_clusters, render
from segments.models import ClusterMember, CustomerFeatures, ScoringRun
from segments.numerics import clustering, evidence, mapping, preparing
from segments.numerics.assigning import Model
from tests.people import make_customer, make_purchase
from tests.reference import MALL

needs_mall = pytest.mark.skipif(not MALL.exists(), reason="the mall data is not here")


def three_heaps(each: int = 30):
    rng = np.random.default_rng(5)
    middles = np.array([[0, 0, 0], [10, 0, 5], [0, 10, 9.0]])
    return np.concatenate([middle + rng.normal(0, 0.5, (each, 3)) for middle in middles])


def heaps_wish(**changes) -> clustering.Wish:
    return clustering.Wish(("a", "b", "c"), **changes)


@needs_mall
def test_the_published_example_has_five_clusters():
    with MALL.open() as file:
        rows = [
            (float(row["Annual Income (k$)"]), float(row["Spending Score (1-100)"]))
            for row in csv.DictReader(file)
        ]

    found = clustering.cluster(
        np.arange(200), np.array(rows), clustering.Wish(("income", "spending"), scaling="none")
    )

    by_k = {row.k: row for row in found.evidence}
    assert list(by_k) == list(range(2, 11))
    assert (found.k, found.by_silhouette, found.by_elbow) == (5, 5, 5)
    assert found.inertia == pytest.approx(44_448.46, rel=0.001)
    assert found.silhouette == pytest.approx(0.5539, abs=0.001)
    assert [one.size for one in found.profiles] == [81, 39, 35, 23, 22]
    assert by_k[3].inertia == pytest.approx(106_348.373, rel=0.001)
    assert by_k[6].silhouette == pytest.approx(0.5398, abs=0.001)


def test_obvious_heaps_are_found_and_described():
    found = clustering.cluster(np.arange(90), three_heaps(), heaps_wish())

    assert found.k == 3
    assert [one.size for one in found.profiles] == [30, 30, 30]
    assert sorted(round(one.centre["a"]) for one in found.profiles) == [0, 0, 10]
    assert found.average["a"] == pytest.approx(10 / 3, abs=0.3)


def test_the_order_of_the_rows_changes_nothing():
    values = three_heaps()
    ids = np.arange(90) * 3
    shuffled = np.random.default_rng(2).permutation(90)

    plain = clustering.cluster(ids, values, heaps_wish(seed=4))
    again = clustering.cluster(ids[shuffled], values[shuffled], heaps_wish(seed=4))

    assert (plain.labels[shuffled] == again.labels).all()
    assert plain.evidence == again.evidence
    assert (plain.model.centres == again.model.centres).all()


def test_units_do_not_matter_once_scaled():
    values = three_heaps()

    plain = clustering.cluster(np.arange(90), values, heaps_wish(k=3))
    stretched = clustering.cluster(np.arange(90), values * [1, 1, 1e6], heaps_wish(k=3, scaling="robust"))

    assert len({(a, b) for a, b in zip(plain.labels, stretched.labels, strict=True)}) == 3


def test_new_customers_join_the_nearest_centre():
    values = three_heaps()
    found = clustering.cluster(np.arange(90), values, heaps_wish())

    model = Model.from_json(json.loads(json.dumps(found.model.as_json())))

    assert (model.nearest(values) == found.labels).all()
    assert model.nearest(np.array([[10.2, 0.1, 5.0]]))[0] == found.labels[40]


def test_too_few_or_too_equal_customers_are_refused():
    for values in (np.zeros((9, 3)), np.zeros((50, 3))):
        with pytest.raises(clustering.TooLittleData):
            clustering.cluster(np.arange(len(values)), values, heaps_wish())


def test_large_data_are_sampled_for_the_evidence_and_all_are_assigned():
    values = np.tile(three_heaps(), (140, 1)) + np.random.default_rng(0).normal(0, 0.1, (12_600, 3))

    found = clustering.cluster(np.arange(len(values)), values, heaps_wish(k=3))

    assert (found.silhouette_sample, found.start_sample, len(found.labels)) == (5000, 10_000, 12_600)
    assert [one.size for one in found.profiles] == [4200, 4200, 4200]


def test_the_elbow_is_farthest_below_the_line():
    drops = [100, 40, 30, 25, 20]

    assert evidence.elbow([evidence.Evidence(k, drop, 0) for k, drop in enumerate(drops, 2)]) == 3


def test_long_tails_are_folded_and_outliers_pulled_in_with_the_reason_kept():
    values = np.c_[np.r_[np.full(95, 10.0), np.arange(5) * 1000], np.arange(100.0)]

    prepared = preparing.prepare(values, "standard")
    plain = preparing.prepare(values, "none")

    assert prepared.log == (True, False)
    assert prepared.skew[0] > 1 > abs(prepared.skew[1])
    assert prepared.clipped[1] == 2
    ready = prepared.apply(values)
    assert ready.mean(axis=0) == pytest.approx([0, 0], abs=1e-9)
    assert ready.std(axis=0) == pytest.approx([1, 1])
    assert (plain.apply(values) == values).all()


def test_a_map_of_two_features_shows_them_as_they_are():
    values = three_heaps()[:, :2]
    found = clustering.cluster(np.arange(90), values, clustering.Wish(("a", "b")))

    shown = mapping.picture(values, found.labels, found.model, 1)

    assert shown["points"][3] == [round(x, 4) for x in values[3]]
    assert shown["share"] == 1


def test_names_say_what_is_special_and_are_all_different():
    words = {"recency_days": "days", "custom.income": "Income"}
    lean = [
        {"recency_days": -1.0, "custom.income": 0.8},
        {"recency_days": -0.9, "custom.income": 0.5},
        {},
        {"recency_days": 0.1},
    ]

    names = name_clusters([clustering.Profile(1, {}, one) for one in lean])

    assert [render(name, words.__getitem__) for name in names] == [
        "Recent, high Income",
        "Recent, high Income 2",
        "Close to the average",
        "Close to the average 2",
    ]


def heap_shop() -> None:
    for n in range(24):
        customer = make_customer(custom={"income": (n % 2) * 100 + n / 10})
        for _ in range(1 + 4 * (n % 2)):
            make_purchase(customer, 10 + 200 * (n % 2) + n)
    make_customer()
    CustomField.objects.create(key="income", label="Income", kind="number")


def answer_of(*arguments: str) -> dict:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


@pytest.mark.django_db
def test_the_command_states_evidence_and_repeats_itself(shop):
    heap_shop()

    first = answer_of("cluster", "--k", "auto", "--seed", "1")
    again = answer_of("cluster", "--k", "auto", "--seed", "1")

    timeless = ("run_id", "seconds")
    assert [one.pop("key") for one in again["clusters"]] == [one.pop("key") for one in first["clusters"]]
    assert [row["k"] for row in first["evidence"]] == list(range(2, 11))
    assert (first["k"], first["noise"], first["left_out"]) == (2, 0, 1)
    assert sum(one["size"] for one in first["clusters"]) == 24
    assert {k: v for k, v in first.items() if k not in timeless} == {
        k: v for k, v in again.items() if k not in timeless
    }
    assert ClusterMember.objects.filter(run=first["run_id"]).count() == 24
    assert not CustomerFeatures.objects.exclude(cluster="").exists()


@pytest.mark.django_db
def test_own_number_fields_can_be_clustered_and_missing_values_are_stated(shop):
    heap_shop()
    make_customer(custom={"income": "unclear"})

    found = answer_of("cluster", "--features", "custom.income", "--scaling", "none")

    assert found["missing"] == {"custom.income": 2}
    assert sum(one["size"] for one in found["clusters"]) == 24


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["--eps", "0", "--method", "dbscan"], 2),
        (["--seed", "-1"], 2),
        (["--features", "shoe_size"], 1),
        (["--k", "1"], 2),
        (["--k", "many"], 2),
        ([], 1),  # Nobody is there.
    ],
)
def test_what_cannot_be_done_is_refused_in_one_line(shop, arguments, code):
    with pytest.raises(CommandError) as refusal:
        call_command("cluster", *arguments)

    assert refusal.value.returncode == code
    assert "\n" not in str(refusal.value)


@pytest.mark.django_db
def test_a_used_clustering_assigns_everyone_and_newcomers_at_the_next_refresh(shop):
    heap_shop()
    refresh.run(None)
    run = lease.claim(laboratory.prepare(["orders", "revenue"], k=2, scaling="standard", seed=1).pk)
    keys = {one["key"] for one in laboratory.run(run)["clusters"]}

    laboratory.use(ScoringRun.objects.get(pk=run.pk))
    at_once = set(CustomerFeatures.objects.values_list("cluster", flat=True))
    newcomer = make_customer()
    for _ in range(6):
        make_purchase(newcomer, 230)
    refresh.run(None)

    assert at_once == keys
    like = CustomerFeatures.objects.filter(orders=5).first()
    assert CustomerFeatures.objects.get(customer=newcomer).cluster == like.cluster != ""
