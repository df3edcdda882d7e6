"""Signs of life, chores of the night, and the doors of the background."""

from __future__ import annotations

from datetime import timedelta

import pytest
from axes.models import AccessAttempt
from django.contrib.sessions.models import Session
from django.utils import timezone

from crm import heartbeat, housekeeping, stopping, tasks
from crm.models import Message, SandboxMail, WorkerHeartbeat
from crm.outbox import dispatching
from tests.mails import make_mailing, make_messages, states
from tests.people import NOON

pytestmark = pytest.mark.django_db


def test_a_worker_beats_in_one_row():
    heartbeat.beat(NOON)
    heartbeat.beat(NOON + timedelta(seconds=10))

    row = WorkerHeartbeat.objects.get()
    assert (row.started_at, row.seen_at) == (NOON, NOON + timedelta(seconds=10))


def test_somebody_is_there_only_while_it_beats():
    heartbeat.beat(NOON)

    assert WorkerHeartbeat.anybody_there(NOON + timedelta(seconds=30))
    assert not WorkerHeartbeat.anybody_there(NOON + timedelta(seconds=50))


@pytest.mark.django_db(transaction=True)
def test_a_worker_that_ends_takes_its_row_away():
    heartbeat.start()
    for _ in range(100):
        if WorkerHeartbeat.anybody_there():
            break
        heartbeat._stop.wait(0.05)
    assert WorkerHeartbeat.anybody_there()

    heartbeat.stop()

    assert not WorkerHeartbeat.objects.exists()


def test_the_task_sends_what_is_due():
    mailing = make_mailing()
    make_messages(mailing, 2)

    tasks.dispatch_due.delay()

    assert states(mailing) == ["sent", "sent"]


def test_one_worker_drains_once_at_a_time():
    mailing = make_mailing()
    make_messages(mailing, 1)

    with dispatching.only_one() as mine:
        tasks.dispatch_due.delay()
        assert mine
        assert states(mailing) == ["queued"]

    tasks.dispatch_due.delay()
    assert states(mailing) == ["sent"]


def test_a_worker_that_is_told_to_end_begins_nothing_new():
    mailing = make_mailing()
    make_messages(mailing, 1)
    stopping.request()
    try:
        tasks.dispatch_due.delay()
    finally:
        stopping._worker_ends[0] = 0

    assert states(mailing) == ["queued"]


def test_the_sweep_finds_what_a_killed_worker_had_in_hand():
    mailing = make_mailing()
    make_messages(mailing, 1)
    long_ago = timezone.now() - timedelta(hours=1)
    Message.objects.update(state="sending", claimed_by="x", claimed_at=long_ago)

    tasks.reclaim_lost.delay()

    assert states(mailing) == ["unsure"]


def test_old_things_go_and_new_ones_stay():
    now = timezone.now()
    old, new = make_messages(make_mailing(), 2)
    for message, age in ((old, 91), (new, 89)):
        at = now - timedelta(days=age)
        SandboxMail.objects.create(message=message, subject="", to="", raw=b"", caught_at=at)
    for key, days in (("old", -1), ("new", 1)):
        Session.objects.create(session_key=key, session_data="", expire_date=now + timedelta(days=days))
    AccessAttempt.objects.create(username="x", failures_since_start=1)
    AccessAttempt.objects.update(attempt_time=now - timedelta(days=31))

    tasks.clear_old.delay()

    assert [one.message for one in SandboxMail.objects.all()] == [new]
    assert [one.session_key for one in Session.objects.all()] == ["new"]
    assert not AccessAttempt.objects.exists()
    assert Message.objects.count() == 2


def test_a_chore_that_fails_keeps_no_other_from_its_work():
    done = []

    def broken(now):
        raise ValueError("no")

    housekeeping._chores[:0] = [broken]
    housekeeping.register(done.append)
    try:
        with pytest.raises(ExceptionGroup):
            housekeeping.clear_old(NOON)
    finally:
        housekeeping._chores.remove(broken)
        housekeeping._chores.remove(done.append)

    assert done == [NOON]
