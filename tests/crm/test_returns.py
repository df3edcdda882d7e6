"""What comes back: real returned mails, made-up ones about our own, reports of providers, and the forged."""

from __future__ import annotations

import base64
import email
import json
import re
import tarfile
from datetime import timedelta

import pytest
from django.test import Client

from crm import consent, outbox
from crm.cases.incoming import filing
from crm.models import (
    Case,
    Customer,
    DeliveryEvent,
    Interaction,
    Mailbox,
    Message,
    ReceivedMail,
    Sender,
    Suppression,
)
from crm.outbox import guarding, returning, tokens
from crm.outbox.returns import reading, taking
from tests.mails import draft, make_mailing, make_messages
from tests.people import NOON, make_customer
from tests.reference import DATA

pytestmark = pytest.mark.django_db
NEWS = {"name": "N", "from_name": "N", "from_email": "n@news.example"}
CORPUS = DATA / "bounce-mails" / "bounce_mails.tar.gz"


def corpus() -> dict[str, bytes]:
    with tarfile.open(CORPUS) as archive:
        return {one.name: archive.extractfile(one).read() for one in archive if one.isfile()}


@pytest.mark.skipif(not CORPUS.exists(), reason="the real bounce mails are not beside the checkout")
def test_of_the_real_returned_mails_nine_in_ten_are_read_with_the_address_and_as_the_code_says():
    mails = corpus()
    real = {name: raw for name, raw in mails.items() if "/bsd/" in name}
    others = [raw for name, raw in mails.items() if "/not/" in name]

    read = {name: reading.read(raw) for name, raw in real.items()}
    good = [name for name, found in read.items() if any(one.address for one in found)]
    judged = wrong = 0
    for name in good:
        status = formal_statuses(real[name])
        for one in read[name]:
            if one.address in status and one.kind in {"hard", "soft"}:
                judged += 1
                wrong += (one.kind == "hard") != status[one.address].startswith("5")
    complaints = [name for name, found in read.items() if any(one.kind == "complained" for one in found)]

    assert (len(real), len(others)) == (629, 3)
    assert len(good) / len(real) >= 0.9, f"{len(good)} of {len(real)}"
    assert judged > 200
    assert wrong == 0, f"{wrong} of {judged}"
    reports = [name for name, raw in real.items() if re.search(rb"(?im)^Feedback-Type:", raw)]
    of_people = [name for name in reports if b"feedback-type: auth-failure" not in real[name].lower()]
    assert set(of_people) <= set(complaints)
    assert all("/arf-" in name for name in complaints)
    assert len(complaints) >= 13
    assert [reading.read(raw) for raw in others] == [[], [], []]


def formal_statuses(raw: bytes) -> dict[str, str]:
    """Address → code, read by a few lines of their own: blocks with one Final-Recipient and one Status."""
    text = email.message_from_bytes(raw).as_string()
    found = {}
    for block in re.split(r"\n\s*\n", text):
        to = re.search(r"^Original-Recipient:.*?([\w.+-]+@[\w.-]+)", block, re.MULTILINE | re.IGNORECASE)
        to = to or re.search(r"^Final-Recipient:.*?([\w.+-]+@[\w.-]+)", block, re.MULTILINE | re.IGNORECASE)
        code = re.search(r"^Status:\s*([245]\.\d+\.\d+)", block, re.MULTILINE | re.IGNORECASE)
        if to and code:
            found[to[1].lower()] = code[1]
    return found


def sent_message(mailing=None) -> Message:
    message = make_messages(mailing or make_mailing(), 1)[0]
    Message.objects.filter(pk=message.pk).update(state="sent", sent_at=NOON, claimed_at=NOON, attempts=1)
    message.refresh_from_db()
    return message


def dsn(message: Message, status: str, *, to: str = "", message_id: str = "") -> bytes:
    """A report of RFC 3464 with the headers of the mail that it is about."""
    ours = message_id or tokens.message_id(message, "teahouse.example")
    return f"""From: MAILER-DAEMON@mx.example
To: {to or "back@teahouse.example"}
Subject: Undelivered Mail Returned to Sender
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; {message.to_email}
Action: failed
Status: {status}
Diagnostic-Code: smtp; 550 {status} no

--b
Content-Type: text/rfc822-headers

Message-ID: {ours}
From: news@teahouse.example
--b--
""".encode()


def test_a_dead_address_is_blocked_and_told_on_customer_and_campaign_once():
    message = sent_message()

    for _ in range(2):
        taking.take_mail(dsn(message, "5.1.1"), at=NOON, source="mailbox:1")

    (event,) = DeliveryEvent.objects.all()
    assert (event.kind, event.message, event.status) == ("hard", message, "5.1.1")
    assert Suppression.objects.get().reason == "bounced"
    assert Customer.objects.get().suppressed_at == NOON
    assert Interaction.objects.get().kind == "bounce"


def test_a_full_mailbox_is_counted_and_blocks_only_after_five_in_a_row():
    customer = make_customer()
    for number in range(5):
        mailing = make_mailing(f"test:{number}")
        outbox.plan(mailing, [draft(customer)])
        at = NOON + timedelta(days=number)
        mailing.messages.update(state="sent", sent_at=at, claimed_at=at)
        taking.take_mail(dsn(mailing.messages.get(), "4.2.2"), at=at, source="mailbox:1")
        assert Suppression.objects.exists() == (number == 4)

    assert set(DeliveryEvent.objects.values_list("kind", flat=True)) == {"soft"}


def test_a_delivered_mail_between_breaks_the_row():
    customer = make_customer()
    for number in range(5):
        mailing = make_mailing(f"test:{number}")
        outbox.plan(mailing, [draft(customer)])
        at = NOON + timedelta(days=number)
        mailing.messages.update(state="sent", sent_at=at, claimed_at=at)
        if number != 2:
            taking.take_mail(dsn(mailing.messages.get(), "4.2.2"), at=at, source="mailbox:1")

    assert not Suppression.objects.exists()


def test_who_objected_and_whose_address_is_dead_stays_blocked_after_a_new_yes():
    message = sent_message()
    consent.withdraw(message.customer, source="staff", at=NOON)
    taking.take_mail(dsn(message, "5.1.1"), at=NOON, source="mailbox:1")

    consent.grant(message.customer, source="staff", at=NOON)

    assert Customer.objects.get().suppressed_at is not None


def test_a_report_about_a_mail_that_is_not_ours_is_noted_and_changes_nothing():
    stranger = make_customer(email="victim@example.com")
    message = Message(pk=99, to_email="victim@example.com")

    taking.take_mail(
        dsn(message, "5.1.1", message_id="<m99.0123456789abcdef@x>"), at=NOON, source="mailbox:1"
    )

    assert DeliveryEvent.objects.get().message is None
    assert not Suppression.objects.exists()
    assert Customer.objects.get(pk=stranger.pk).suppressed_at is None


def test_the_address_that_mails_return_to_names_the_message():
    box = {"name": "Back", "address": "back@news.example", "use": "returns", "plus_addresses": True}
    Mailbox.objects.create(**box)
    sender = Sender.objects.create(
        name="N", from_name="N", from_email="n@news.example", return_path="back@news.example"
    )
    message = sent_message()

    address = returning.address_for(sender).of(message)
    raw = dsn(message, "5.1.1", to=address, message_id="<none@x>")

    assert address.startswith(f"back+m{message.pk}.")
    assert taking.message_in(raw) == message
    assert returning.message_of(address.replace(".", ".0", 1)) is None


def test_the_box_for_returned_mails_notes_what_it_reads_and_keeps_the_rest_for_a_person():
    box = Mailbox.objects.create(name="Back", address="back@news.example", use="returns")
    message = sent_message()

    filing.take(dsn(message, "5.1.1"), at=NOON, mailbox=box)
    filing.take(b"From: odd@x.example\nSubject: hm\n\nWhatever.", at=NOON, mailbox=box)

    assert list(ReceivedMail.objects.order_by("pk").values_list("state", "reason")) == [
        ("ignored", "returned"),
        ("aside", "no_return"),
    ]
    assert not Case.objects.exists()
    assert DeliveryEvent.objects.get().message == message


@pytest.mark.parametrize(
    ("k", "n", "low"), [(5, 100, 0.0215), (11, 100, 0.0625), (2, 100, 0.0055), (0, 10, 0)]
)
def test_the_lower_end_of_wilsons_interval(k, n, low):
    assert guarding.wilson_low(k, n) == pytest.approx(low, abs=1e-4)


@pytest.mark.parametrize(
    ("tried", "returned", "complained", "lost", "said"),
    [
        (99, 99, 99, 0, ""),  # Too few to judge.
        (100, 5, 0, 0, ""),  # 5 %, and by chance less.
        (100, 9, 0, 0, ""),
        (100, 10, 0, 0, guarding.RETURNED),
        (100, 0, 1, 0, ""),
        (100, 0, 2, 0, guarding.COMPLAINED),
        (1000, 0, 6, 0, ""),
        (1000, 0, 7, 0, guarding.COMPLAINED),
        (1000, 0, 0, 66, guarding.LOST),
    ],
)
def test_a_mailing_stops_at_the_lower_end_of_five_and_of_nought_point_three_percent(
    tried, returned, complained, lost, said
):
    assert guarding.verdict(guarding.Tally(tried, returned, complained, lost)) == said


def test_a_mailing_to_dead_addresses_stops_by_itself_and_goes_on_when_a_person_says_so():
    mailing = make_mailing()
    messages = make_messages(mailing, 120)
    mailing.messages.filter(pk__lte=messages[99].pk).update(state="sent", sent_at=NOON, attempts=1)
    for message in messages[:11]:
        message.refresh_from_db()
        taking.take_mail(dsn(message, "5.1.1"), at=NOON, source="mailbox:1")
        if message != messages[10]:
            mailing.refresh_from_db()

    mailing.refresh_from_db()
    assert (mailing.state, mailing.reason) == ("paused", guarding.RETURNED)

    guarding.forgive(mailing)
    outbox.resume(mailing)
    mailing.refresh_from_db()
    assert not guarding.look(mailing)


def posted(sender: Sender, body: dict, *, key: str | None = None) -> int:
    word = base64.b64encode(f"closeknit:{key or sender.hook_secret}".encode()).decode()
    answer = Client().post(
        f"/hooks/delivery/{sender.hook}",
        json.dumps(body),
        content_type="application/json",
        headers={"Authorization": f"Basic {word}"},
    )
    return answer.status_code


def report(message: Message | None, kind: str = "HardBounce", **more) -> dict:
    return {
        "RecordType": "Bounce", "Type": kind, "ID": 42, "MessageID": "abc", "Email": "ada@example.com",
        "BouncedAt": "2026-06-15T12:00:00Z", "Details": "smtp; 550 5.1.1 no such user",
        "Metadata": {"message": str(message.pk)} if message else {}, **more,
    }  # fmt: skip


def test_a_report_of_a_provider_counts_once_and_a_forged_one_not_at_all():
    sender = Sender.objects.create(
        name="N",
        from_name="N",
        from_email="n@news.example",
        kind="provider",
        provider="postmark",
        hook_secret="s3cret",
    )
    message = sent_message()

    assert posted(sender, report(message), key="guessed") == 403
    assert not DeliveryEvent.objects.exists()
    assert [posted(sender, report(message)) for _ in range(2)] == [200, 200]
    assert posted(sender, report(None, ID=43)) == 200
    assert posted(sender, {"nonsense": True}) == 200
    assert (
        Client().post(f"/hooks/delivery/{sender.hook}", "{", content_type="application/json").status_code
        == 403
    )

    assert DeliveryEvent.objects.filter(message=message).count() == 1
    assert DeliveryEvent.objects.filter(message=None).count() == 1
    assert Suppression.objects.get().reason == "bounced"


def test_a_complaint_that_a_provider_reports_blocks_the_address():
    sender = Sender.objects.create(
        name="N",
        from_name="N",
        from_email="n@news.example",
        kind="provider",
        provider="postmark",
        hook_secret="s3cret",
    )
    message = sent_message()
    Message.objects.filter(pk=message.pk).update(provider_id="abc")

    posted(sender, report(None, kind="SpamComplaint", RecordType="SpamComplaint", Metadata={}))

    assert DeliveryEvent.objects.get().kind == "complained"
    assert Suppression.objects.get().reason == "complained"
    assert Interaction.objects.get().kind == "complaint"


def test_an_address_that_the_server_refuses_at_once_is_as_good_as_returned(settings):
    from crm.outbox import sending
    from tests.sink import Sink

    with Sink("refuse-rcpt") as sink:
        settings.MAIL_CONNECTION, settings.ALLOW_LOCAL_LINKS = sink.options, True
        make_messages(make_mailing(), 1)
        sending.drain()

    event = DeliveryEvent.objects.get()
    assert (event.source, event.kind, event.status) == ("smtp", "hard", "5.1.1")
    assert Suppression.objects.get().reason == "bounced"
