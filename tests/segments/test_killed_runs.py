"""Clusterings and recommendations whose worker is killed: done again, and the old ones stay until then."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from segments import lease, tasks
from segments.clusters import laboratory
from segments.models import ClusterMember, CustomerFeatures, ProductAffinity, ScoringRun
from segments.recommending import affinities
from tests.people import make_customer, make_product, make_purchase
from tests.segments.test_cluster_work import done, heaps

pytestmark = pytest.mark.django_db
State = ScoringRun.State


def dead(run: ScoringRun) -> None:
    """As a worker leaves it that was killed in the middle."""
    long_ago = timezone.now() - lease.STALE - timedelta(minutes=1)
    ScoringRun.objects.filter(pk=run.pk).update(heartbeat_at=long_ago, created_at=long_ago)


def test_a_killed_clustering_is_done_again_and_the_one_in_use_stays(
    shop, django_capture_on_commit_callbacks, monkeypatch
):
    heaps()
    live = done()
    laboratory.use(live)
    carried = list(CustomerFeatures.objects.order_by("pk").values_list("cluster", flat=True))
    killed = lease.claim(laboratory.prepare(["orders", "revenue"], k=3, scaling="standard", seed=1).pk)
    with monkeypatch.context() as patch:
        patch.setattr(lease, "finish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            laboratory.run(killed)
    dead(killed)
    assert ScoringRun.objects.get(pk=killed.pk).state == State.RUNNING
    assert not ClusterMember.objects.filter(run=killed).exists()

    with django_capture_on_commit_callbacks(execute=True):
        tasks.resume_stalled_runs()

    killed.refresh_from_db()
    assert (killed.state, killed.progress["tries"], killed.result["k"]) == (State.DONE, 2, 3)
    assert ScoringRun.objects.get(kind="cluster", is_live=True) == live
    assert list(CustomerFeatures.objects.order_by("pk").values_list("cluster", flat=True)) == carried


def test_killed_recommendations_keep_the_old_ones_until_they_are_done_again(
    shop, django_capture_on_commit_callbacks, monkeypatch
):
    for pair in (("Tea", "Honey"), ("Coffee", "Sugar")):
        for _ in range(12):
            customer = make_customer()
            for name in pair:
                make_purchase(customer, product=make_product(name))
    affinities.calculate()
    old = list(ProductAffinity.objects.values_list("pk", flat=True))
    killed = lease.claim(affinities.request().pk)
    with monkeypatch.context() as patch:
        patch.setattr(lease, "finish", interrupted)
        with pytest.raises(KeyboardInterrupt):
            affinities.work(killed)
    dead(killed)
    assert old
    assert list(ProductAffinity.objects.values_list("pk", flat=True)) == old

    with django_capture_on_commit_callbacks(execute=True):
        tasks.resume_stalled_runs()

    assert ScoringRun.objects.get(pk=killed.pk).state == State.DONE
    assert ProductAffinity.objects.count() == len(old)


def interrupted(*arguments, **values):
    raise KeyboardInterrupt
