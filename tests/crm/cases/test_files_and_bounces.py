"""Files that go with an answer, and answers that come back."""

from __future__ import annotations

import email
import email.policy
import random
import re
import tarfile
from datetime import UTC, datetime, timedelta

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from crm import cases, privacy
from crm.cases import escalating, incoming, sniffing
from crm.models import Case, CaseAttachment, Message, ReceivedMail
from crm.outbox import sending, tokens
from crm.outbox.returns import words
from tests.people import make_customer
from tests.reference import DATA
from tests.sink import Sink

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 15, 10, tzinfo=UTC)
PNG = b"\x89PNG\r\n\x1a\n" + bytes(range(256)) * 20
BOUNCES = DATA / "bounce-mails" / "bounce_mails.tar.gz"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def make_case(**more) -> Case:
    ada = make_customer(email="ada@example.com")
    return cases.open_case("Broken cup", customer=ada, text="Broken!", at=timezone.now(), **more)


def answered(owner, text="Which colour?", **more) -> Case:
    case = make_case()
    cases.reply(case, text, by=owner, at=timezone.now(), **more)
    sending.drain()
    case.refresh_from_db()
    return case


def mail_of(case: Case) -> Message:
    return case.messages.filter(direction="out").latest("pk").mail


def upload(name, data=PNG):
    return SimpleUploadedFile(name, data)


def send(client, case, *files, **more):
    given = {"text": "Here you are.", "key": "k1", "then": "waiting", "attached": list(files), **more}
    return client.post(f"/service/{case.pk}/reply/", given)


def test_files_travel_with_the_answer_to_a_real_server(owner_client, settings):
    case = make_case()
    name = "Quittung für Töpfe – 收据.png"

    send(owner_client, case, upload(name), upload("terms.txt", b"Line one\n.\nLine two\n"))
    with Sink() as sink:
        settings.MAIL_CONNECTION, settings.ALLOW_LOCAL_LINKS = sink.options, True
        assert sending.drain() == 1
        raw = sink.mails()[0]["content"]

    read = email.message_from_string(raw, policy=email.policy.default)
    found = [
        (one.get_filename(), one.get_content_type(), one.get_content()) for one in read.iter_attachments()
    ]
    assert read.get_content_type() == "multipart/mixed"
    assert "Here you are." in read.get_body(("plain",)).get_content()
    assert found[0] == (name, "image/png", PNG)
    assert found[1][:2] == ("terms.txt", "text/plain")
    assert found[1][2].splitlines() == ["Line one", ".", "Line two"]
    assert [one.size for one in CaseAttachment.objects.order_by("pk")] == [len(PNG), 20]


def test_the_same_answer_sent_twice_keeps_its_files_once(owner_client):
    case = make_case()

    send(owner_client, case, upload("a.png"))
    send(owner_client, case, upload("a.png"))

    assert CaseAttachment.objects.count() == Message.objects.filter(mailing__kind="case").count() == 1


@pytest.mark.parametrize(
    ("files", "reason"),
    [
        ([upload("a.exe", b"MZ\x90")], "Files of this kind cannot be sent"),
        ([upload("a.png", b"MZ\x90" + b"x" * 99)], "not what its name says"),
        ([upload("a.pdf", b"<script>alert(1)</script>")], "not what its name says"),
        ([upload("a.txt", b"\x7fELF\x00\x00")], "not what its name says"),
        ([upload("a.png", PNG)] * 11, "At most 10 files"),
        ([upload("a.png", PNG + b"x" * (1 << 20))], "larger than 1 MB together"),
    ],
)
def test_files_that_must_not_leave_are_refused_and_nothing_is_sent(owner_client, settings, files, reason):
    settings.CASE_FILES_MB = 1
    case = make_case()

    answer = send(owner_client, case, *(upload(one.name, one.file.getvalue()) for one in files))

    assert answer.status_code == 422
    assert reason in answer.content.decode()
    assert not CaseAttachment.objects.exists()
    assert not Message.objects.filter(mailing__kind="case").exists()


@pytest.mark.parametrize(
    ("name", "data", "fits"),
    [
        ("a.jpg", b"\xff\xd8\xff\xe0", True),
        ("a.docx", b"PK\x03\x04..", True),
        ("a.docx", b"%PDF-1.7", False),
        ("a.mp4", b"\0\0\0\x18ftypisom", True),
        ("a.csv", "名字,1".encode(), True),
        ("a.csv", "x".encode("utf-16"), True),
        ("a.csv", b"a\0b", False),
        ("a.txt", b"", False),
        ("noending", b"x", False),
    ],
)
def test_a_file_is_known_by_its_first_bytes(name, data, fits):
    assert (sniffing.problem(name, data) == "") is fits


def test_only_who_sees_the_case_gets_its_files_and_never_to_run_them(owner_client, staff_client, clerk):
    case = make_case()
    send(owner_client, case, upload("a.png"))
    file = CaseAttachment.objects.get()
    address = f"/service/{case.pk}/files/{file.pk}/"

    got = owner_client.get(address)
    other = owner_client.get(f"/service/{make_other().pk}/files/{file.pk}/")
    clerk.scope = "own"
    clerk.save()
    refused = staff_client.get(address)

    assert b"".join(got.streaming_content) == PNG
    assert got.headers["Content-Disposition"].startswith("attachment")
    assert got.headers["X-Content-Type-Options"] == "nosniff"
    assert (other.status_code, refused.status_code) == (404, 404)


def make_other() -> Case:
    return cases.open_case("Other", at=timezone.now())


def test_a_file_goes_with_the_person(owner_client, owner):
    case = make_case()
    send(owner_client, case, upload("a.png"))
    kept = CaseAttachment.objects.get().file

    privacy.erase(case.customer, by=owner, at=timezone.now())

    assert not kept.storage.exists(kept.name)
    assert not CaseAttachment.objects.exists()


def report(case, status="5.2.2", action="failed", said="mailbox full", **more) -> bytes:
    own = tokens.message_id(mail_of(case), "teahouse.example")
    return (
        "From: MAILER-DAEMON@mx.example\r\nTo: help@teahouse.example\r\nSubject: Undelivered Mail\r\n"
        f"Message-ID: <{random.random()}@mx.example>\r\nMIME-Version: 1.0\r\n"
        'Content-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n'
        "--b\r\nContent-Type: text/plain\r\n\r\nI'm sorry.\r\n"
        f"--b\r\nContent-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; mx.example\r\n\r\n"
        f"Final-Recipient: rfc822; ada@example.com\r\nAction: {action}\r\nStatus: {status}\r\n"
        f"Diagnostic-Code: smtp; 552 {said}\r\n"
        f"--b\r\nContent-Type: text/rfc822-headers\r\n\r\nMessage-ID: {own}\r\n\r\n"
        "--b--\r\n"
    ).encode()


def notices() -> list[str]:
    return [one.to_email for one in Message.objects.filter(mailing__kind="case_notice")]


def test_an_answer_that_comes_back_is_noted_and_its_owner_hears_of_it(owner):
    case = answered(owner)
    assert case.state == "waiting"

    received = incoming.take(report(case), at=NOW)
    incoming.take(report(case), at=NOW)

    case.refresh_from_db()
    notes = [one.text for one in case.messages.filter(direction="note")]
    assert (received.state, received.reason, received.case) == ("filed", "report", case)
    assert notes == ["Your answer could not be delivered: the mailbox is full."]
    assert (case.state, notices()) == ("open", [owner.email])
    assert Case.objects.count() == 1


def test_a_delay_is_noted_and_the_clock_stays_with_the_customer(owner):
    case = answered(owner)

    incoming.take(report(case, "4.4.1", "delayed", "timed out"), at=NOW)

    case.refresh_from_db()
    note = case.messages.get(direction="note").text
    assert note == "Not delivered yet: the server cannot be reached. The mail server goes on trying."
    assert case.state == "waiting"


def test_a_report_of_success_or_with_a_forged_number_changes_nothing(owner):
    case = answered(owner)
    forged = re.sub(rb"<m(\d+)\.[0-9a-f]{16}@", rb"<m\1.0123456789abcdef@", report(case))

    fine = incoming.take(report(case, "2.0.0", "relayed"), at=NOW)
    other = incoming.take(forged, at=NOW)

    assert {fine.state, other.state} == {"ignored"}
    assert not case.messages.filter(direction="note").exists()
    assert notices() == []


def test_an_answer_that_the_server_does_not_even_take_is_noted_once(owner, settings):
    case = make_case()
    cases.reply(case, "Which colour?", by=owner, at=timezone.now())
    with Sink("refuse-rcpt") as sink:
        settings.MAIL_CONNECTION, settings.ALLOW_LOCAL_LINKS = sink.options, True
        sending.drain()

    settings.MAIL_CONNECTION = None
    now = timezone.now() + timedelta(minutes=1)
    escalating.look(now)
    escalating.look(now)

    case.refresh_from_db()
    assert case.messages.filter(direction="note").count() == 1
    assert (case.state, notices()) == ("open", [owner.email])


@pytest.mark.skipif(not BOUNCES.exists(), reason="the real bounce mails are not beside the checkout")
def test_real_reports_of_many_servers_find_their_case(owner):
    case = answered(owner)
    own = tokens.message_id(mail_of(case), "teahouse.example").encode()
    with tarfile.open(BOUNCES) as archive:
        names = sorted(one.name for one in archive.getmembers() if one.name.endswith(".eml"))
        raws = {name: archive.extractfile(name).read() for name in random.Random(7).sample(names, 120)}
    ids = re.compile(rb"^(message-id:\s*)<[^<>\s]+>", re.IGNORECASE | re.MULTILINE)
    ours = {}
    for name, raw in raws.items():
        head, gap, rest = raw.partition(b"\n\n") if b"\r\n\r\n" not in raw else raw.partition(b"\r\n\r\n")
        if ids.search(rest):
            ours[name] = head + gap + ids.sub(rb"\g<1>" + own, rest)

    reasons = []
    for raw in ours.values():
        case.messages.filter(direction="note").delete()
        ReceivedMail.objects.all().delete()
        received = incoming.take(raw, at=NOW)
        reasons.append((received.state, [one.text for one in case.messages.filter(direction="note")]))

    filed = [notes[0] for state, notes in reasons if state == "filed" and notes]
    understood = [one for one in filed if words.OTHER not in one]
    assert len(ours) > 60
    assert len(filed) > 0.95 * len(ours)
    assert len(understood) > 0.8 * len(filed)
    assert Case.objects.count() == 1


def test_an_automatic_answer_that_quotes_our_mail_is_no_report(owner):
    case = answered(owner)
    own = tokens.message_id(mail_of(case), "teahouse.example")

    received = incoming.take(
        (
            "From: Ada <ada@example.com>\r\nSubject: Automatic reply\r\nAuto-Submitted: auto-replied\r\n"
            f"Message-ID: <a@b.example>\r\nIn-Reply-To: {own}\r\n\r\nMy account is disabled: away.\r\n"
        ).encode(),
        at=NOW,
    )

    assert (received.state, received.case) == ("ignored", None)
    assert not case.messages.filter(direction="note").exists()
