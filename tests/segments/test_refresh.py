from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, transaction
from django.utils import timezone

from crm import ledger
from crm.errors import Refusal
from crm.models import Business, Customer, ImportBatch, Interaction
from crm.signals import import_finished
from segments import lease, refresh, tasks
from segments.models import CustomerFeatures, ScoringRun
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db
State = ScoringRun.State


def running(**fields) -> ScoringRun:
    now = timezone.now()
    return ScoringRun.objects.create(
        **{"kind": "refresh", "state": State.RUNNING, "started_at": now, "heartbeat_at": now, **fields}
    )


def dead_pid() -> int:
    process = subprocess.Popen([sys.executable, "-c", ""])
    process.wait()
    return process.pid


def test_the_command_says_what_each_step_did(shop):
    make_purchase(make_customer())
    make_customer()
    out = StringIO()

    call_command("refresh", "--json", stdout=out)

    found = json.loads(out.getvalue())
    assert [step["name"] for step in found["steps"]] == [
        "features",
        "rfm",
        "value",
        "lapse",
        "scores",
        "clusters",
        "tags",
        "segments",
    ]
    assert [step["rows"] for step in found["steps"]][:6] == [2, 1, 1, 0, 0, 0]
    assert (found["customers"], found["as_of"]) == (2, str(shop.today()))
    assert found["peak_mb"] > 10
    assert ScoringRun.objects.get(kind="refresh").state == State.DONE


def test_only_the_steps_asked_for_are_done(shop):
    customer = make_customer()
    make_purchase(customer)
    refresh.run(None)
    make_purchase(customer)

    refresh.run(None, only=["rfm"])
    before = CustomerFeatures.objects.get().orders
    refresh.run(None, only=["features"])

    assert (before, CustomerFeatures.objects.get().orders) == (1, 2)
    assert CustomerFeatures.objects.get().rfm_group != ""
    with pytest.raises(CommandError) as refusal:
        call_command("refresh", "--only", "features,tea")
    assert refusal.value.returncode == 2


def test_an_answer_is_in_the_features_after_a_refresh(shop):
    customer = make_customer()
    refresh.run(None)

    answer = Interaction(
        customer=customer,
        kind="answer",
        at=timezone.now(),
        source="survey:1",
        key="1",
        metric="nps",
        number=3,
    )
    ledger.record([answer])
    refresh.run(None)

    assert Customer.objects.get(features__nps_last__lte=6) == customer


def test_only_one_refresh_runs_at_a_time(shop):
    running()

    with pytest.raises(Refusal, match="running already"):
        refresh.run(None)
    with pytest.raises(IntegrityError), transaction.atomic():
        running()

    assert ScoringRun.objects.count() == 1


def test_a_waiting_refresh_stays_in_the_queue_while_another_runs(shop):
    other = running()
    run = refresh.request()

    tasks.run_scoring(run.pk)
    waiting = ScoringRun.objects.get(pk=run.pk).state
    lease.finish(other)
    tasks.run_scoring(run.pk)

    assert (waiting, ScoringRun.objects.get(pk=run.pk).state) == (State.QUEUED, State.DONE)


def test_two_requests_wait_as_one(shop):
    assert refresh.request() == refresh.request()
    assert ScoringRun.objects.count() == 1


def test_a_task_that_comes_twice_works_once(shop):
    run = refresh.request()

    tasks.run_scoring(run.pk)
    first = ScoringRun.objects.get(pk=run.pk).finished_at
    tasks.run_scoring(run.pk)

    assert ScoringRun.objects.get(pk=run.pk).finished_at == first


def test_a_killed_refresh_is_found_and_done_again(shop, django_capture_on_commit_callbacks):
    make_purchase(make_customer())
    minutes_ago = timezone.now() - lease.STALE - timedelta(seconds=1)
    run = running(heartbeat_at=minutes_ago, created_at=minutes_ago, progress={"tries": 1})

    with django_capture_on_commit_callbacks(execute=True):
        tasks.resume_stalled_runs()

    run.refresh_from_db()
    assert (run.state, run.progress["tries"]) == (State.DONE, 2)
    assert CustomerFeatures.objects.get().orders == 1


def test_a_process_that_is_gone_is_noticed_at_once_and_a_living_one_left_alone(shop):
    run = refresh.request()
    claimed = lease.claim(run.pk)

    assert not lease.is_dead(claimed, timezone.now())
    lease.beat(claimed, {"pid": dead_pid()})
    assert lease.is_dead(claimed, timezone.now())


def test_a_run_that_kills_its_worker_again_and_again_is_given_up(shop):
    run = running(heartbeat_at=timezone.now() - timedelta(hours=1), progress={"tries": lease.TRIES})

    tasks.resume_stalled_runs()

    run.refresh_from_db()
    assert run.state == State.FAILED
    assert "three times" in run.error


def test_a_worker_thought_dead_cannot_switch_its_result_in(shop):
    make_purchase(make_customer())
    slow = lease.claim(refresh.request().pk)
    ScoringRun.objects.filter(pk=slow.pk).update(started_at=timezone.now() + timedelta(minutes=5))

    with pytest.raises(lease.Superseded):
        refresh.run(slow)

    assert not CustomerFeatures.objects.exists()
    assert ScoringRun.objects.get(pk=slow.pk).state == State.RUNNING


def test_a_failed_refresh_leaves_everything_as_it_was_and_says_why(shop):
    make_purchase(make_customer())
    refresh.run(None)
    before = CustomerFeatures.objects.values().get()
    make_purchase(Customer.objects.get())
    ScoringRun.objects.create(
        kind="cluster", state=State.DONE, is_live=True, result={"model": {"features": []}}
    )

    with pytest.raises(KeyError):
        refresh.run(None)

    assert CustomerFeatures.objects.values().get() == before
    assert "KeyError" in ScoringRun.objects.filter(kind="refresh").first().error


@pytest.mark.parametrize(
    ("zone", "moment", "due"),
    [
        ("Asia/Shanghai", datetime(2026, 6, 14, 19, 7, tzinfo=UTC), True),  # 03:07 there.
        ("Asia/Shanghai", datetime(2026, 6, 14, 18, 7, tzinfo=UTC), False),
        ("UTC", datetime(2026, 6, 14, 3, 7, tzinfo=UTC), True),
        ("UTC", datetime(2026, 6, 14, 9, 7, tzinfo=UTC), True),  # The machine was off at night.
        ("UTC", datetime(2026, 6, 14, 2, 7, tzinfo=UTC), False),
    ],
)
def test_the_night_refreshes_once_in_the_time_zone_of_the_shop(shop, zone, moment, due):
    make_customer()
    Business.objects.update(time_zone=zone)

    first = tasks.refresh_if_due(moment)
    ScoringRun.objects.update(created_at=moment, state=State.DONE)
    second = tasks.refresh_if_due(moment + timedelta(hours=1))
    next_night = tasks.refresh_if_due(moment + timedelta(days=1))

    assert (first, next_night) == (due, due)
    assert not (first and second)


def test_an_empty_shop_is_not_refreshed_at_night(shop):
    assert not tasks.refresh_if_due(datetime(2026, 6, 14, 12, tzinfo=UTC))


def test_a_finished_import_asks_for_a_refresh(shop, django_capture_on_commit_callbacks):
    make_purchase(make_customer())

    with django_capture_on_commit_callbacks(execute=True):
        import_finished.send(sender=None, batch=ImportBatch(kind="customers"))

    assert CustomerFeatures.objects.get().orders == 1


def test_a_refresh_does_not_read_customers_one_by_one(shop, django_assert_max_num_queries):
    for _ in range(90):
        make_purchase(make_customer())

    with django_assert_max_num_queries(205):
        refresh.run(None)
