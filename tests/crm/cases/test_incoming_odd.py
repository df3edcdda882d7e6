"""Mails that come again, in floods, in strange alphabets or with files: none is lost, none is doubled."""

from __future__ import annotations

from datetime import timedelta
from email.message import EmailMessage
from email.parser import Parser
from pathlib import Path
from urllib.parse import unquote

import pytest

from crm import cases
from crm.cases import addresses, incoming
from crm.models import (
    BusinessHours,
    Case,
    CaseAttachment,
    Customer,
    Interaction,
    Mailbox,
    Message,
    ReceivedMail,
)
from crm.outbox import sending
from tests.crm.cases.letters import BOX, NOW, asked, mail, sent_header, take, words
from tests.mails import make_mailing, make_messages

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def test_the_same_mail_again_is_one_mail(shop):
    raw = mail()

    first, second = take(raw), take(raw, NOW + timedelta(hours=1))

    assert first == second
    assert (Case.objects.count(), ReceivedMail.objects.count()) == (1, 1)


def test_our_own_mail_that_comes_back_is_ignored(owner):
    asked(owner)
    raw = bytes(Message.objects.latest("id").caught.raw)

    assert take(raw).reason == "own"
    assert take(mail(From=f"Shop <{BOX}>", Message_ID="<o@x.example>")).state == "filed"  # Not ours yet.
    Mailbox.objects.create(name="Help", address=BOX)
    assert take(mail(From=f"Shop <{BOX}>", Message_ID="<o2@x.example>")).reason == "own"


def test_a_web_form_that_writes_from_our_address_names_the_person_in_reply_to(shop):
    received = take(mail(From="news@teahouse.example", Reply_To="Eve <eve@example.com>"))

    assert received.case.sender_email == "eve@example.com"


def test_a_stranger_becomes_a_customer_only_if_the_shop_wants_it(shop):
    first = take(mail(From="Eve Stone <eve@example.com>", Message_ID="<1@example.com>"))
    assert (first.case.customer, first.case.who) == (None, "Eve Stone")

    BusinessHours.objects.update_or_create(pk=1, defaults={"keep_senders": True})
    second = take(mail(From="Kim Lee <kim@example.com>", Message_ID="<2@example.com>"))

    assert (second.case.customer.name, second.case.customer.email_consent) == ("Kim Lee", "unknown")


def test_two_auto_responders_die_out(shop):
    """A machine without any mark answers each of our mails; we write to it once."""
    BusinessHours.objects.update_or_create(pk=1, defaults={"acknowledge": True})
    answers = 0
    take(mail("I am on holiday 0", Message_ID="<h0@example.com>"))
    for n in range(1, 60):
        sending.drain()
        out = Message.objects.filter(mailing__kind="case").count()
        if out == answers:
            break
        answers = out
        take(mail(f"I am on holiday {n}", Subject="Away", Message_ID=f"<h{n}@example.com>"))

    assert answers == 1
    assert sent_header("Auto-Submitted") == "auto-replied"
    assert sent_header("X-Auto-Response-Suppress") == "All"


def test_a_flood_of_one_sender_is_put_aside_and_can_be_taken_anyway(owner):
    for n in range(40):
        last = take(mail(f"Hello {n}", Message_ID=f"<f{n}@example.com>"))

    assert Case.objects.count() == 30
    assert (last.state, last.reason) == ("aside", "too_many")
    case = incoming.take_anyway(last, by=owner, at=NOW)
    assert words(case) == ["Hello 39"]
    assert take(mail("Other", From="eve@example.com")).state == "filed"


def test_a_mail_without_sender_or_too_large_is_put_aside_with_the_reason(shop):
    nobody = take(b"Subject: Hi\r\n\r\nHello")
    garbage = take(b"\x00\xff\xfe" * 100)
    large = take(mail() + b"x" * (26 << 20))

    assert [one.reason for one in (nobody, garbage, large)] == ["malformed", "malformed", "too_large"]
    assert nobody.file.read() == b"Subject: Hi\r\n\r\nHello"


@pytest.mark.parametrize("charset", ["gb2312", "GBK", "big5", "gb18030", "unknown-8bit", "x-nonsense"])
def test_chinese_in_any_charset_is_read(shop, charset):
    known = charset if charset.lower() in {"gb2312", "gbk", "big5", "gb18030"} else "utf-8"
    text = "杯子碎了"
    head = f"From: =?gb2312?B?0KHA7g==?= <li@example.com>\r\nContent-Type: text/plain; charset={charset}\r\n"

    received = take(
        head.encode() + b"Subject: " + "投诉".encode("gbk") + b"\r\n\r\n" + text.encode(known, "replace")
    )

    case = received.case
    assert words(case)[0].startswith("杯子")
    assert case.sender_name == "小李"


def test_files_are_kept_below_the_media_folder_and_odd_ones_are_named_with_a_reason(shop, settings):
    letter = EmailMessage()
    letter["From"], letter["Subject"], letter["Message-ID"] = "ada@example.com", "Photo", "<p@example.com>"
    letter.set_content("See the photo.")
    letter.add_attachment(b"png", maintype="image", subtype="png", filename="../../杯子.png")
    letter.add_attachment(b"MZ", maintype="application", subtype="x-msdownload", filename="run.exe")
    letter.add_attachment(b"x" * (11 << 20), maintype="application", subtype="pdf", filename="big.pdf")

    take(letter.as_bytes())

    kept, refused, large = CaseAttachment.objects.order_by("id")
    assert (kept.name, kept.file.read()) == (".._.._杯子.png", b"png")
    assert Path(kept.file.path).is_relative_to(settings.MEDIA_ROOT)
    assert (refused.file.name, bool(refused.reason), bool(large.reason)) == ("", True, True)


def test_a_merged_case_hands_its_mail_on(owner):
    case = asked(owner)
    ours = sent_header("Message-ID")
    other = cases.open_case("Cup", customer=case.customer, text="Same", at=NOW)
    cases.merge(case, other, by=owner, at=NOW)

    assert take(mail("Blue.", In_Reply_To=ours)).case == other


def test_signed_addresses_are_not_guessable():
    box = Mailbox(address=BOX, plus_addresses=True)

    made = addresses.reply_to(7, box, None)

    assert addresses.case_of_address([made.upper()]) == 7
    assert addresses.case_of_address([made.replace("c7-", "c8-")]) is None


@pytest.mark.parametrize("use", ["cases", "returns"])
def test_a_mail_program_that_asks_by_mail_for_no_more_news_is_obeyed(shop, use):
    message = make_messages(make_mailing(), 1)[0]
    box = Mailbox.objects.create(name="Box", address="news@teahouse.example", use=use)
    address = dict(Parser().parsestr(as_sent(message)))["List-Unsubscribe"].split("<mailto:")[1].rstrip(">")
    asks = mail("", Subject=unquote(address.partition("?subject=")[2]))
    forged = mail("", Subject="unsubscribe 1-1.abc", Message_ID="<forged@example.com>")

    taken = [incoming.take(raw, at=NOW, mailbox=box) for raw in (asks, asks, forged)]

    assert (taken[0].reason, taken[0].state, taken[1]) == ("unsubscribed", "ignored", taken[0])
    assert taken[2].reason != "unsubscribed"
    assert not Case.objects.filter(subject__startswith="unsubscribe 3").exists()
    person = Customer.objects.get(pk=message.customer_id)
    assert (person.email_consent, bool(person.suppressed_at)) == ("withdrawn", True)
    assert Interaction.objects.filter(kind="unsubscribe").count() == 1


def as_sent(message: Message) -> str:
    sending.drain()
    return bytes(Message.objects.get(pk=message.pk).caught.raw).decode("ascii")
