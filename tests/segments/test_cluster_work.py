"""From a clustering to what people do with it: rules, lists and comparisons."""

from __future__ import annotations

import re

import numpy as np
import pytest

from crm import masking
from crm.errors import Refusal
from crm.models import Customer, CustomField
from segments import audience, lease, refresh
from segments.clusters import laboratory, naming, report, side_by_side, unusual
from segments.models import ClusterMember, Membership, ScoringRun, Segment
from segments.numerics.assigning import NOISE
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db
State = ScoringRun.State
DBSCAN = laboratory.Choice("dbscan", eps=0.5, min_points=4)


def heaps(each: int = 15) -> None:
    """Occasional buyers of little, and regulars who spend much; one of them bought nothing yet."""
    for number in range(each):
        make_purchase(make_customer(), 10 + number % 5)
        regular = make_customer()
        for _ in range(5 + number % 2):
            make_purchase(regular, 200 + number % 7)
    make_customer()


def done(names=("orders", "revenue"), **wish) -> ScoringRun:
    run = lease.claim(laboratory.prepare(names, **{"k": 2, "scaling": "standard", "seed": 1, **wish}).pk)
    laboratory.run(run)
    return ScoringRun.objects.get(pk=run.pk)


def members(segment: Segment) -> set[int]:
    stays = Membership.objects.filter(segment=segment, left_at=None)
    return set(stays.values_list("customer_id", flat=True))


def test_the_segment_of_a_rule_has_exactly_the_people_it_claims(owner_client):
    heaps()
    refresh.run(None)
    run = done()
    one = run.result["clusters"][1]
    inside = set(ClusterMember.objects.filter(run=run, cluster=1).values_list("customer_id", flat=True))

    answer = owner_client.post(f"/segments/clusters/{run.pk}/segment/", {"number": "1"}, follow=True)

    segment = Segment.objects.get()
    found = members(segment)
    assert (segment.rule, len(found)) == (one["rule"], one["claimed"])
    assert segment.name.endswith(" (rule)")  # The people of the cluster may be a segment too.
    assert one["precision"] == pytest.approx(len(found & inside) / len(found))
    assert one["recall"] == pytest.approx(len(found & inside) / len(inside))
    assert min(one["precision"], one["recall"]) >= 0.9
    assert f"exactly the {len(found)} customers" in answer.text


def test_a_rule_that_finds_others_by_now_says_so(owner_client):
    heaps()
    refresh.run(None)
    run = done()
    claimed = run.result["clusters"][1]["claimed"]
    Customer.objects.filter(pk=audience.live(run.result["clusters"][1]["rule"]).first().pk).delete()

    answer = owner_client.post(f"/segments/clusters/{run.pk}/segment/", {"number": "1"}, follow=True)

    assert f"The rule claimed {claimed} customers" in answer.text
    assert f"today it finds {claimed - 1}." in answer.text


@pytest.mark.parametrize("number", ["2", "-1", "x", ""])
def test_the_rule_of_a_cluster_that_is_not_there_is_not_found(owner_client, number):
    heaps()
    run = done()

    answer = owner_client.post(f"/segments/clusters/{run.pk}/segment/", {"number": number})

    assert (answer.status_code, Segment.objects.count()) == (404, 0)


def test_a_stopped_run_keeps_nothing_even_if_its_worker_goes_on(shop):
    heaps()
    run = lease.claim(laboratory.prepare(["orders", "revenue"], k=2, scaling="standard", seed=1).pk)

    assert laboratory.cancel(run)
    with pytest.raises(lease.Superseded):
        laboratory.run(run)

    run.refresh_from_db()
    assert (run.state, run.result, ClusterMember.objects.count()) == (State.CANCELLED, {}, 0)
    assert lease.claim(run.pk) is None


def test_what_has_ended_cannot_be_stopped_and_nothing_else_either(shop):
    heaps()
    run = done()
    other = ScoringRun.objects.create(kind="refresh")

    assert not laboratory.cancel(run)
    assert not laboratory.cancel(other)

    assert ScoringRun.objects.get(pk=run.pk).state == State.DONE
    assert ScoringRun.objects.get(pk=other.pk).state == State.QUEUED


def test_unusual_customers_are_listed_with_what_sets_them_apart_and_kept_as_a_list(owner_client):
    heaps(20)
    whale = make_customer(first_name="Moby", last_name="Dick")
    for _ in range(60):
        make_purchase(whale, 2000)
    run = done(k=None, scaling="standard", choice=DBSCAN)
    strange = set(ClusterMember.objects.filter(run=run, cluster=NOISE).values_list("customer_id", flat=True))

    page = owner_client.get(f"/segments/clusters/{run.pk}/unusual/")
    for _ in range(2):
        owner_client.post(f"/segments/clusters/{run.pk}/unusual/keep/")

    assert whale.pk in strange
    assert len(strange) == run.result["noise"]
    assert "Moby Dick" in page.text
    assert re.search(
        r"far above the average \([\d,.]+\)", page.text
    )  # By how much, is for who reads to judge.
    segment = Segment.objects.get()  # Keeping it twice makes one list.
    assert (segment.kind, members(segment)) == ("static", strange)


def test_what_sets_somebody_apart_tells_masked_readers_nothing_that_is_masked(shop):
    run = ScoringRun(kind="cluster", result={"labels": {"custom.pet": "Pet"}})
    why = [["city=Rome", 4.0], ["custom.pet=cat", 3.5], ["age", 3.2], ["orders", 2.0]]

    told = unusual.in_words(run, why)
    with masking.applied():
        masked = unusual.in_words(run, why)

    assert (len(told), masked) == (4, told[3:])


def test_a_clustering_without_unusual_customers_keeps_no_list(owner_client):
    heaps()
    run = done()

    answer = owner_client.post(f"/segments/clusters/{run.pk}/unusual/keep/", follow=True)

    assert "Nobody is unusual here." in answer.text
    assert not Segment.objects.exists()


def test_two_clusterings_are_compared_person_by_person(owner_client):
    heaps()
    first, second = done(), done(k=3)

    found = side_by_side.compare(first, second)
    page = owner_client.get(f"/segments/clusters/compare/?a={first.pk}&b={second.pk}")
    itself = side_by_side.compare(first, first)

    sizes = [one["size"] for one in first.result["clusters"]]
    assert [total for _name, total, _cells in found.rows] == sizes
    assert [sum(count for count, _share in cells) for _name, _total, cells in found.rows] == sizes
    assert (len(found.columns), found.people) == (3, sum(sizes))
    assert 0 < found.rand < itself.rand == 1
    assert found.verdict in page.text
    assert itself.verdict == "Both divide your customers alike."


def test_clusters_keep_their_key_and_name_when_the_shop_grows(shop):
    heaps()
    before = done()
    heaps(3)

    after = done(seed=2)
    other = done(["orders", "average_order"])

    assert [one["key"] for one in after.result["clusters"]] == naming.keys(before)
    assert naming.names(after) == naming.names(before)
    assert all(one["kept"] for one in after.result["clusters"])
    assert not set(naming.keys(other)) & set(naming.keys(before))


def test_what_nobody_has_or_all_share_is_left_out_and_named(shop):
    heaps()
    CustomField.objects.create(key="shoes", label="Shoe size", kind="number")
    Customer.objects.update(language="en")

    run = done(["orders", "revenue", "custom.shoes", "language"])

    assert set(run.result["dropped"]) == {"custom.shoes", "language"}
    assert len(report.report(run).dropped) == 2


def test_only_equal_or_unknown_features_are_refused_in_words(shop):
    heaps()
    Customer.objects.update(language="en")
    run = lease.claim(laboratory.prepare(["language"], k=2, scaling="standard", seed=1).pk)

    with pytest.raises(Refusal, match="nothing tells them apart"):
        laboratory.run(run)

    run.refresh_from_db()
    assert (run.state, "nothing tells them apart" in run.error) == (State.FAILED, True)


def test_more_clusters_than_different_customers_are_refused_with_their_number(shop):
    for number in range(12):
        make_purchase(make_customer(), 10 * (1 + number % 3))
    run = lease.claim(laboratory.prepare(["revenue"], k=8, scaling="standard", seed=1).pk)

    with pytest.raises(Refusal, match="asked for 8 clusters, but only 3 customers differ"):
        laboratory.run(run)

    assert ScoringRun.objects.get(pk=run.pk).state == State.FAILED


def test_many_clusters_are_drawn_as_far_as_colours_go_and_the_page_says_so(owner_client):
    for number in range(60):
        customer = make_customer()
        for _ in range(1 + number % 3):
            make_purchase(customer, 10 ** (1 + number % 4))
    run = done(k=10)

    page = owner_client.get(f"/segments/clusters/{run.pk}/")
    charts = report.report(run).charts

    assert next(len(one.series) for one in charts if one.kind == "profile") == 8
    drawn = next(one for one in charts if one.kind == "scatter")
    assert [one.name for one in drawn.series][8:] == ["Smaller clusters"]
    assert sum(len(one.values) for one in drawn.series) == len(run.result["map"]["points"])
    assert "the 8 largest of 10 clusters" in page.text


def test_the_page_says_of_customers_without_groups_that_the_clusters_are_not_real(owner_client):
    rng = np.random.default_rng(4)
    CustomField.objects.create(key="luck", label="Luck", kind="number")
    CustomField.objects.create(key="mood", label="Mood", kind="number")
    for luck, mood in rng.normal(50, 10, (200, 2)):
        make_customer(custom={"luck": float(luck), "mood": float(mood)})
    run = done(["custom.luck", "custom.mood"], k=None)

    page = owner_client.get(f"/segments/clusters/{run.pk}/").text

    assert "These clusters are not real groups." in page
    assert "Do not plan campaigns on them." in page
    assert "The clusters are real" not in page


def test_a_handful_of_customers_is_too_few_to_judge_rather_than_no_groups(owner_client):
    for number in range(14):
        make_purchase(make_customer(), 10 + (number * 37) % 14)
    run = done(["revenue"])

    page = owner_client.get(f"/segments/clusters/{run.pk}/")

    assert not run.result["stability"]["is_real"]
    assert "too few to judge" in page.text
    assert "not real groups" not in page.text


def test_a_shop_without_purchases_is_offered_its_own_numbers_and_reads_no_revenue(owner_client):
    for number in range(40):
        make_customer(custom={"income": 10 * (number % 2) + number / 100, "score": number % 7})
    for key in ("income", "score"):
        CustomField.objects.create(key=key, label=f"My {key}", kind="number")
    form = owner_client.get("/segments/clusters/").context["form"]

    waiting = laboratory.prepare(["custom.income"], k=2, scaling="standard", seed=1)
    before = owner_client.get(f"/segments/clusters/{waiting.pk}/").text
    laboratory.run(lease.claim(waiting.pk))
    after = owner_client.get(f"/segments/clusters/{waiting.pk}/").text
    make_purchase(make_customer())
    refresh.run(None)

    assert form["features"].value() == ["custom.income", "custom.score"]
    assert "Clusters by My income" in before
    assert "revenue" not in after.lower()
    assert owner_client.get("/segments/clusters/").context["form"]["features"].value() == [
        "recency_days", "orders", "revenue",
    ]  # fmt: skip


def test_a_rule_that_finds_mostly_others_is_called_weak(owner_client):
    heaps()
    refresh.run(None)
    run = done()
    clusters = run.result["clusters"]
    clusters[0] |= {"precision": 0.1, "recall": 1.0}
    clusters[1] |= {"precision": 1.0, "recall": 0.3}
    ScoringRun.objects.filter(pk=run.pk).update(result=run.result)

    page = owner_client.get(f"/segments/clusters/{run.pk}/").text

    assert page.count("weak rule") == 2
    assert "Most people it finds are not in the cluster." in page
    assert "It misses most of the cluster." in page
