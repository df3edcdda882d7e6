"""The engine within one process: states, sums, and what stops or changes sending."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crm import consent, outbox
from crm.errors import PermanentFailure
from crm.models import Customer, Message, SandboxMail
from crm.outbox import claiming, sending
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
