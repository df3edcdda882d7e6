"""The engine within one process: states, sums, and what stops or changes sending."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crm import consent, outbox
from crm.errors import PermanentFailure, Refusal
from crm.models import Customer, Mailing, Message, SandboxMail
from crm.outbox import claiming, hand, notes, queueing, sending
from tests.mails import draft, make_mailing, make_messages, states
from tests.people import make_customer

pytestmark = pytest.mark.django_db


def test_due_messages_are_caught_by_the_sandbox():
    mailing = make_mailing()
    first, _second = make_messages(mailing, 2)

    sending.drain()

    assert states(mailing) == ["sent", "sent"]
    first.refresh_from_db()
    assert first.sent_at is not None
    assert first.attempts == 1
    caught = SandboxMail.objects.get(message=first)
    assert caught.subject == f"Hello {first.customer.name}"
    assert caught.to == first.to_email
    assert b"Message-ID: <m" in bytes(caught.raw)


def test_a_second_run_sends_nothing_more():
    mailing = make_mailing()
    make_messages(mailing, 3)
    sending.drain()

    assert sending.drain() == 0
    assert SandboxMail.objects.count() == 3


def test_planning_twice_adds_nobody_twice():
    mailing = make_mailing()
    people = [make_customer() for _ in range(3)]

    assert outbox.plan(mailing, [draft(one) for one in people]) == 3
    assert outbox.plan(mailing, [draft(one) for one in [*people, make_customer()]]) == 1


def test_counts_always_add_up():
    mailing = make_mailing()
    held = draft(make_customer(), state="held_out")
    double = draft(make_customer(), state="skipped", reason="duplicate_address")
    objector = draft(make_customer(email_consent="withdrawn"))
    outbox.plan(mailing, [held, double, objector, draft(make_customer()), draft(make_customer(email=""))])

    sending.drain()

    found = outbox.counts(mailing)
    assert found == {
        "audience": 5, "queued": 0, "sending": 0, "sent": 1, "failed": 0, "unsure": 0, "held_out": 1,
        "cancelled": 0, "skipped": {"duplicate_address": 1, "withdrawn": 1, "no_address": 1},
    }  # fmt: skip
    assert outbox.is_finished(mailing)


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        (lambda one: consent.withdraw(one, source="test", at=timezone.now()), "withdrawn"),
        (lambda one: consent.suppress(one.email, "bounced", at=timezone.now()), "suppressed"),
        (lambda one: Customer.objects.filter(pk=one.pk).update(email_consent="unknown"), "no_consent"),
        (lambda one: Customer.objects.filter(pk=one.pk).update(email="new@example.com"), "address_changed"),
    ],
)
def test_what_happens_after_planning_counts(change, reason):
    mailing = make_mailing()
    message, _other = make_messages(mailing, 2)
    change(message.customer)

    sending.drain()

    message.refresh_from_db()
    assert (message.state, message.reason) == ("skipped", reason)
    assert states(mailing) == ["skipped", "sent"]


def test_an_address_blocked_before_its_customer_was_imported_gets_nothing():
    consent.suppress("back@example.com", "unsubscribed", at=timezone.now())
    mailing = make_mailing()
    outbox.plan(mailing, [draft(make_customer(email="back@example.com"))])

    sending.drain()

    assert outbox.counts(mailing)["skipped"] == {"suppressed": 1}


def test_an_objection_between_reading_and_claiming_is_seen_by_the_claim():
    message = make_messages(make_mailing(), 1)[0]
    read = Message.objects.select_related("mailing", "customer").get(pk=message.pk)
    Customer.objects.filter(pk=message.customer_id).update(email_consent="withdrawn")

    assert not claiming.claim([read], claiming.claimant(), timezone.now())
    message.refresh_from_db()
    assert message.state == "queued"


def test_transactional_mail_needs_only_an_address():
    mailing = make_mailing(purpose="transactional")
    outbox.plan(
        mailing, [draft(make_customer(email_consent="withdrawn")), draft(make_customer(), to_email="")]
    )

    sending.drain()

    assert states(mailing) == ["sent", "skipped"]


def test_a_message_waits_for_its_time():
    mailing = make_mailing()
    outbox.plan(mailing, [draft(make_customer(), not_before=timezone.now() + timedelta(hours=1))])

    assert sending.drain() == 0
    assert states(mailing) == ["queued"]


def test_transactional_mail_overtakes_marketing():
    make_messages(make_mailing(), 3)

    message = outbox.send_one("test:2", kind="plain", key="1", to_email="sam@example.com", name="Password")

    assert sending.due(timezone.now())[0].pk == message.pk


def test_send_one_sends_once_per_key(django_capture_on_commit_callbacks):
    for _ in range(2):
        with django_capture_on_commit_callbacks(execute=True):
            outbox.send_one("test:2", kind="plain", key="1", to_email="sam@example.com", name="Password")

    assert SandboxMail.objects.get().to == "sam@example.com"


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


def test_one_message_that_cannot_be_written_fails_alone():
    def prepare(mailing):
        def render(message):
            if message.context.get("broken") == "known":
                raise PermanentFailure("No coupon is left.")
            if message.context.get("broken"):
                raise KeyError("surprise")
            return outbox.Envelope("Hi", "<p>Hi</p>", "Hi", "Tea", "news@teahouse.example")

        return render

    outbox.register("fragile", prepare)
    mailing = make_mailing(kind="fragile")
    contexts = [{"broken": "known"}, {"broken": "unknown"}, {}]
    outbox.plan(mailing, [draft(make_customer(), context=one) for one in contexts])

    sending.drain()

    assert states(mailing) == ["failed", "failed", "sent"]
    errors = list(mailing.messages.order_by("id").values_list("error", flat=True))
    assert errors[0] == "No coupon is left."
    assert "surprise" not in errors[1]


def test_a_design_that_breaks_for_everybody_pauses_the_mailing():
    def prepare(mailing):
        def render(message):
            raise KeyError

        return render

    outbox.register("broken", prepare)
    mailing = make_mailing(kind="broken")
    make_messages(mailing, 12)

    sending.drain(5)

    mailing.refresh_from_db()
    assert mailing.state == "paused"
    assert mailing.reason


def test_a_mailing_that_nobody_can_write_is_paused_with_the_reason():
    mailing = make_mailing(kind="unheard-of")
    make_messages(mailing, 1)

    sending.drain()

    mailing.refresh_from_db()
    assert mailing.state == "paused"
    assert "knows how to write" in mailing.reason
    assert states(mailing) == ["queued"]


def test_real_mail_with_links_to_this_computer_is_refused(settings):
    settings.MAIL_CONNECTION = {"host": "127.0.0.1", "port": 9, "timeout": 1.0}
    settings.SITE_URL = "http://127.0.0.1:8000"
    mailing = make_mailing()
    make_messages(mailing, 1)

    assert sending.drain() == 0
    assert states(mailing) == ["queued"]
    assert "SITE_URL" in sending.trouble()
