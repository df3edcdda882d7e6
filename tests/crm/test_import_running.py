"""The working row: one at a time, taken over, resumed, cancelled."""

from __future__ import annotations

import contextlib
import itertools
from datetime import timedelta

import pytest
from django.core.management import CommandError, call_command
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from crm import signals
from crm.errors import Refusal
from crm.imports import intake, running
from crm.models import Customer, CustomField, ImportBatch, ImportParcel, Purchase, PurchaseLine
from tests.crm.importing import bring_text, outcomes

pytestmark = pytest.mark.django_db
FILE = b"Order ID,Date,Email,Amount\n1,2024-01-01,ada@example.com,5\n2,2024-01-02,li@example.com,6\n"


def queued(content: bytes = FILE, **options) -> ImportBatch:
    batch = intake.take([content], "orders.csv", "purchases", options=options)
    intake.understand(batch)
    intake.queue(batch)
    return batch


def test_only_one_import_runs_and_the_second_waits(shop):
    first, second = queued(), queued()
    now = timezone.now()

    won = [running.claim(first.pk, at=now), running.claim(second.pk, at=now), running.claim(first.pk, at=now)]

    assert won == [True, False, False]
    with pytest.raises(IntegrityError), transaction.atomic():
        ImportBatch.objects.filter(pk=second.pk).update(state="running")
    assert running.waiting() == second.pk


def test_the_same_file_twice_at_once_is_one_set_of_purchases(shop):
    first, second = queued(), queued()

    assert running.run(first.pk)
    assert running.run(second.pk)

    second.refresh_from_db()
    assert Purchase.objects.count() == 2
    assert second.counts["unchanged"] == 2


def test_a_stalled_import_is_queued_again_and_finished(shop):
    batch = queued()
    running.claim(batch.pk, at=timezone.now() - timedelta(minutes=5))

    running.release_stale(at=timezone.now())

    assert running.run(batch.pk)
    batch.refresh_from_db()
    assert (batch.state, batch.counts["created"]) == ("done", 2)


def test_a_process_that_was_taken_over_stops_without_writing(shop):
    batch = queued()
    running.claim(batch.pk, at=timezone.now())
    batch.refresh_from_db()
    slow = running.Run(batch, timezone.now)
    running.resume(batch)
    assert running.run(batch.pk)

    with pytest.raises(running.TakenOver):
        slow.work()

    assert Purchase.objects.count() == 2


@pytest.mark.parametrize("nth", range(1, 13))
def test_a_death_before_any_mark_of_progress_costs_and_doubles_nothing(shop, nth):
    batch, marks = queued(), itertools.count(1)

    def dies_before_the_mark(execute, sql, *rest):
        if sql.startswith('UPDATE "crm_importbatch"') and next(marks) == nth:
            raise KeyboardInterrupt
        return execute(sql, *rest)

    with contextlib.suppress(KeyboardInterrupt), connection.execute_wrapper(dies_before_the_mark):
        running.run(batch.pk)
    running.resume(batch)
    running.run(batch.pk)

    batch.refresh_from_db()
    assert (batch.state, batch.counts["rows"], batch.counts["created"]) == ("done", 2, 2)
    assert sorted(PurchaseLine.objects.values_list("purchase__number", "amount")) == [("1", 5), ("2", 6)]
    assert not ImportParcel.objects.exists()


def test_the_end_is_announced_once(shop, django_capture_on_commit_callbacks):
    heard = []

    def hear(sender, batch, **kwargs):
        heard.append(batch.pk)

    signals.import_finished.connect(hear)
    batch = queued()
    with django_capture_on_commit_callbacks(execute=True):
        running.run(batch.pk)
        running.run(batch.pk)
    signals.import_finished.disconnect(hear)

    assert heard == [batch.pk]


def test_cancelling_before_the_run_leaves_nothing(shop):
    batch = queued()

    running.cancel(batch)

    assert not running.run(batch.pk)
    assert not Purchase.objects.exists()
    with pytest.raises(Refusal, match="no longer"):
        running.cancel(batch)


def test_a_dry_run_says_what_would_happen_and_changes_nothing(shop, tmp_path):
    text = "id,email,Colour\n1,ada@example.com,red\n2,nonsense,blue\n"

    found = bring_text(tmp_path, "customers", text, "--create-fields", "--dry-run")

    assert outcomes(found) == {"created": 1, "rejected": 1}
    assert (found["import_id"], found["error_file"]) == (None, None)
    assert not Customer.objects.exists()
    assert not CustomField.objects.exists()
    assert not ImportBatch.objects.exists()


@pytest.mark.parametrize(
    ("arguments", "code"),
    [
        (["purchases"], 2),
        (["elephants", "file.csv"], 2),
        (["purchases", "missing.csv"], 1),
        (["purchases", "missing.csv", "--preset", "shopify"], 1),
        (["--resume", "999"], 1),
    ],
)
def test_wrong_calls_end_with_their_code(shop, arguments, code):
    with pytest.raises(CommandError) as caught:
        call_command("import_file", *arguments)

    assert caught.value.returncode == code
    assert "\n" not in str(caught.value)


def test_files_of_old_imports_are_forgotten(shop):
    batch = queued()
    running.run(batch.pk)
    draft = intake.take([FILE], "draft.csv", "purchases", options={})

    intake.forget_files(before=timezone.now() + timedelta(seconds=1))

    batch.refresh_from_db()
    draft.refresh_from_db()
    assert (batch.path, batch.state, draft.state) == ("", "done", "cancelled")
