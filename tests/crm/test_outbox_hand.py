"""What one run has in hand: pauses and objections meanwhile, what killed processes left, slow machines."""

from __future__ import annotations

import contextlib
import time
from datetime import timedelta

import pytest
from django.db import connection, transaction
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from crm import outbox
from crm.errors import Refusal
from crm.models import Customer, Mailing, Message
from crm.outbox import claiming, hand, notes, queueing, sending
from crm.outbox.preparing import Preparing
from tests.mails import draft, make_mailing, make_messages, states
from tests.people import make_customer

pytestmark = pytest.mark.django_db


class Undone(Exception):
    """Ends a transaction whose rows must go again."""


def test_a_machine_that_prepares_slowly_sends_all_the_same(monkeypatch):
    """Its time for a batch is over before the first mail is ready."""
    mailing = make_mailing()
    make_messages(mailing, 5)
    prepare = Preparing.ready

    def slowly(self, batch, sender):
        time.sleep(0.06)
        return prepare(self, batch, sender)

    monkeypatch.setattr(Preparing, "ready", slowly)
    monkeypatch.setattr(sending, "BATCH_SECONDS", 0.05)

    assert sending.drain() == 5


@pytest.mark.skipif(connection.vendor != "postgresql", reason="only PostgreSQL plans by what it has counted")
def test_a_claim_reads_little_where_the_database_counted_its_tables_empty():
    with contextlib.suppress(Undone), transaction.atomic():
        make_messages(make_mailing(), 300)
        raise Undone
    with connection.cursor() as cursor:
        cursor.execute("ANALYZE")
    messages = make_messages(make_mailing(), 300)

    with CaptureQueriesContext(connection) as asked, transaction.atomic():
        assert len(claiming.claim(messages[:64], claiming.claimant(), timezone.now())) == 64
        transaction.set_rollback(True)
    (claim,) = [one["sql"] for one in asked if "chosen" in one["sql"]]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {claim}")
        plan = cursor.fetchone()[0][0]["Plan"]

    assert plan["Actual Rows"] == 64
    assert plan["Shared Hit Blocks"] + plan["Shared Read Blocks"] < 4_000


def test_a_paused_mailing_waits_and_goes_on():
    mailing = make_mailing()
    make_messages(mailing, 2)

    assert outbox.pause(mailing, "Please wait")
    sending.drain()
    assert states(mailing) == ["queued", "queued"]
    assert mailing.reason == "Please wait"

    assert outbox.resume(mailing)
    sending.drain()
    assert states(mailing) == ["sent", "sent"]


def stop_at(place, monkeypatch, act):
    """Let `act` happen while the mail at this place is being handed over."""
    handed = []

    class Watched(sending.channels.Sandbox):
        def hand_over(self, parcel):
            handed.append(parcel)
            if len(handed) == place:
                act()
            return super().hand_over(parcel)

    monkeypatch.setattr(sending.channels, "Sandbox", Watched)


def test_a_pause_takes_effect_within_one_message(monkeypatch):
    mailing = make_mailing()
    make_messages(mailing, 10)
    stop_at(3, monkeypatch, lambda: outbox.pause(Mailing.objects.get(pk=mailing.pk)))

    sending.drain()

    assert outbox.counts(mailing)["sent"] == 3
    assert outbox.counts(mailing)["queued"] == 7


def test_a_cancellation_takes_effect_within_one_message(monkeypatch):
    mailing = make_mailing()
    make_messages(mailing, 10)
    stop_at(3, monkeypatch, lambda: outbox.cancel(Mailing.objects.get(pk=mailing.pk)))

    sending.drain()

    assert outbox.counts(mailing)["sent"] == 3
    assert outbox.counts(mailing)["cancelled"] == 7
    assert outbox.is_finished(mailing)


def test_the_sweep_cancels_what_was_planned_into_a_closed_mailing():
    mailing = make_mailing()
    outbox.cancel(mailing)
    make_messages(mailing, 1)

    claiming.reclaim_lost(timezone.now())

    assert states(mailing) == ["cancelled"]


def hold(message, owner, at):
    Message.objects.filter(pk=message.pk).update(state="sending", claimed_by=owner, claimed_at=at)


def test_a_message_in_the_hand_of_a_dead_process_is_unsure():
    mailing = make_mailing()
    host = claiming.claimant().split(":")[0]
    dead, reused, elsewhere, silent, mine = make_messages(mailing, 5)
    now = timezone.now()
    hold(dead, f"{host}:999999999:1", now)
    hold(reused, claiming.claimant().replace("#", "0#"), now)  # The number lives again, in another process.
    hold(elsewhere, "other-machine/1:1:1", now)
    hold(silent, "other-machine/1:1:1", now - timedelta(minutes=6))
    hold(mine, claiming.claimant(), now)

    assert claiming.reclaim_lost(now) == 3
    assert states(mailing) == ["unsure", "unsure", "sending", "unsure", "sending"]


def noted_by(owner, begun, taken):
    """What a process left that was killed while it had these in hand."""
    kept = notes.Notes(owner)
    for message in begun:
        kept.begun(message.pk)
    for message in taken:
        kept.taken(message.pk)
    return kept


def test_of_a_killed_process_only_the_mail_without_an_answer_is_unsure(settings, tmp_path):
    settings.VAR = tmp_path
    mailing, now, owner = make_mailing(), timezone.now(), claiming.claimant()
    taken, begun, waiting = make_messages(mailing, 3)
    assert claiming.claim([taken, begun, waiting], owner, now) == {taken.pk, begun.pk, waiting.pk}
    noted_by(owner, [taken, begun], [taken]).close(keep=True)

    assert claiming.reclaim_lost(now) == 1
    assert states(mailing) == ["sent", "unsure", "queued"]
    waiting.refresh_from_db()
    assert (waiting.attempts, waiting.claimed_at) == (0, None)
    assert sending.drain() == 1


def test_notes_of_a_living_process_or_of_before_the_start_of_the_machine_settle_nothing(
    settings, tmp_path, monkeypatch
):
    settings.VAR = tmp_path
    mailing, now = make_mailing(), timezone.now()
    alive, started_again = make_messages(mailing, 2)
    host = claiming.claimant().split(":")[0]
    living, gone = claiming.claimant(), f"{host}:999999999:1#1"
    claiming.claim([alive], living, now)
    claiming.claim([started_again], gone, now)
    held = noted_by(living, [], [])
    with monkeypatch.context() as before:
        before.setattr(notes, "_start_of_machine", lambda: b"an earlier start")
        noted_by(gone, [], []).close(keep=True)

    assert claiming.reclaim_lost(now + timedelta(hours=1)) == 1  # The clock may jump.

    assert states(mailing) == ["sending", "unsure"]
    held.close()


def test_two_mails_to_one_person_are_not_claimed_together():
    first, second = make_mailing("test:1"), make_mailing("test:2")
    customer = make_customer()
    outbox.plan(first, [draft(customer)])
    outbox.plan(second, [draft(customer)])
    both = [*first.messages.select_related("mailing"), *second.messages.select_related("mailing")]

    assert claiming.together(both, 10) == 1


def test_an_objection_between_the_claim_and_the_hand_over_is_seen(monkeypatch):
    mailing = make_mailing()
    messages = make_messages(mailing, 7)
    last = messages[-1].customer_id

    def object_to_it():
        Customer.objects.filter(pk=last).update(email_consent="withdrawn")

    monkeypatch.setattr(queueing.random, "randrange", lambda n: 0)
    monkeypatch.setattr(hand, "FRESH", 0)
    stop_at(6, monkeypatch, object_to_it)  # The sixth and the seventh are claimed together.

    assert sending.drain() == 6
    assert outbox.counts(mailing)["skipped"] == {"withdrawn": 1}


def test_an_unsure_message_is_never_sent_again_by_itself():
    mailing = make_mailing()
    message = make_messages(mailing, 1)[0]
    hold(message, "x", timezone.now() - timedelta(hours=1))

    assert sending.drain() == 0
    assert states(mailing) == ["unsure"]


def test_a_person_may_send_an_unsure_transactional_message_again():
    mailing = make_mailing(purpose="transactional")
    message = make_messages(mailing, 1)[0]
    Message.objects.filter(pk=message.pk).update(state="unsure")

    outbox.send_again(message)

    sending.drain()
    assert states(mailing) == ["sent"]
    with pytest.raises(Refusal):
        outbox.send_again(message)


def test_nobody_may_send_an_unsure_marketing_message_again():
    message = make_messages(make_mailing(), 1)[0]
    Message.objects.filter(pk=message.pk).update(state="unsure")

    with pytest.raises(Refusal):
        outbox.send_again(message)
