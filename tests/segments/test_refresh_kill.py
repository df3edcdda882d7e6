"""A refresh whose process is killed leaves what was live whole, and the next one ends."""

from __future__ import annotations

import signal
import subprocess
import threading
from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import CustomerTag, Purchase
from segments import refresh
from segments.lifecycle import stages
from segments.models import CustomerFeatures, LifecycleChoice, Membership, ScoringRun, Segment, Touched
from segments.value import valuing
from tests.people import make_customer, make_purchase
from tests.processes import environment, start

pytestmark = [pytest.mark.slow, pytest.mark.django_db(transaction=True)]
# A process that refreshes everyone and stops where it is told: so the kill always meets it there.
REFRESH = """
import os, sys, time
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
import django
django.setup()
from importlib import import_module
from segments import refresh
def wait(*_given):
    print("there", flush=True)
    time.sleep(120)
module, name = sys.argv[1].rsplit(".", 1)
setattr(import_module(module), name, wait)
refresh.run(None)
"""
ASIDE, SWITCHED = "segments.model_tags.giving.prepare", "segments.following.pending.covered"


def build():
    """Thirty buyers in stages, groups, tags by model and a segment, refreshed; then half of them buy more."""
    LifecycleChoice.objects.create(pk=1, active_days=30, lost_days=120, loyal_orders=3)
    rule = {"all": [{"field": "orders", "op": ">=", "value": 2}]}
    Segment.objects.create(slug="twice", name="Twice", rule=rule)
    people = [make_customer() for _ in range(30)]
    for n, one in enumerate(people):
        make_purchase(one, 10 + n, at=timezone.now() - timedelta(days=5 * n + 1))
    refresh.run(None)
    for one in people[:15]:
        make_purchase(one, 500, at=timezone.now() - timedelta(minutes=1))


def live():
    """Everything that a refresh makes live."""
    features = [one.name for one in CustomerFeatures._meta.local_concrete_fields]
    tags = ("customer_id", "tag_id", "weight", "reason")
    return {
        "features": set(CustomerFeatures.objects.values_list(*features)),
        "memberships": set(Membership.objects.values_list("customer_id", "left_at")),
        "tags": set(CustomerTag.objects.values_list(*tags)),
        "runs": set(ScoringRun.objects.filter(is_live=True).values_list("kind", "pk")),
        "segment": Segment.objects.values_list("member_count", "refreshed_at").get(),
    }


def kill(where, folder):
    process = start("-c", REFRESH, where, env=environment(folder), stdout=subprocess.PIPE)
    assert process.stdout.readline().strip() == "there"
    process.send_signal(signal.SIGKILL)
    process.wait()
    process.stdout.close()


def test_a_killed_refresh_leaves_the_old_results_whole_and_the_next_one_ends(shop, tmp_path):
    build()
    before = live()

    for where in (ASIDE, SWITCHED):
        kill(where, tmp_path)

        assert live() == before
        assert ScoringRun.objects.filter(kind="refresh", state="running").count() == 1
        assert Touched.objects.exists()  # What the killed one had seen is not lost.

    refresh.run(None)

    after = live()
    assert all(after[name] != before[name] for name in before)
    assert after["segment"][0] == len(after["memberships"]) == 15
    assert stages.counts()["active"] == 15
    assert not Touched.objects.exists()


def test_value_is_estimated_beside_by_a_connection_of_its_own(shop, monkeypatch):
    build()
    here, seen, estimate = threading.get_ident(), [], valuing.estimate

    def told(*given, **more):
        seen.append((threading.get_ident() == here, Purchase.objects.count()))
        return estimate(*given, **more)

    monkeypatch.setattr(valuing, "estimate", told)
    refresh.run(None)

    assert seen == [(False, 45)]
    assert CustomerFeatures.objects.filter(clv__isnull=False).count() == 30
    assert not any(one.name.startswith("beside") for one in threading.enumerate())
