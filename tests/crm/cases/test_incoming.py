"""What becomes of mails that come in: a new case, a word on its case, or nothing, with the reason."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from email.message import EmailMessage
from pathlib import Path

import pytest

from crm import cases
from crm.cases import addresses, incoming
from crm.models import BusinessHours, Case, CaseAttachment, Customer, Mailbox, Message, ReceivedMail
from crm.outbox import reading, sending
from tests.people import make_customer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 15, 10, tzinfo=UTC)
BOX = "help@teahouse.example"


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def mail(body: str = "The cup is broken.", *, html: str = "", **headers: str) -> bytes:
    letter = EmailMessage()
    given = {"From": "Ada Byron <ada@example.com>", "To": BOX, "Subject": "Broken cup", **headers}
    given.setdefault("Message_ID", f"<{abs(hash((body, html, *given.values())))}@example.com>")
    for name, value in given.items():
        letter[name.replace("_", "-")] = value
    if html and not body:
        letter.set_content(html, subtype="html")
    else:
        letter.set_content(body)
    return letter.as_bytes()


def take(raw: bytes, at: datetime = NOW) -> ReceivedMail:
    return incoming.take(raw, at=at)


def asked(owner) -> Case:
    """A case on which we wrote to Ada; the mail is out."""
    ada = Customer.objects.filter(email="ada@example.com").first() or make_customer(email="ada@example.com")
    case = cases.open_case("Broken cup", customer=ada, text="Broken!", at=NOW)
    cases.reply(case, "Which colour?", by=owner, at=NOW)
    sending.drain()
    return case


def sent_header(name: str) -> str:
    mail = Message.objects.filter(mailing__kind="case").latest("id").caught
    return dict(reading.letter_of(mail).headers)[name]


def words(case: Case) -> list[str]:
    return [message.text for message in case.messages.all()]


# The ten shapes.


def test_a_mail_of_a_customer_opens_a_case(shop):
    ada = make_customer(email="ada@example.com")

    received = take(mail(From="Ada Byron <ADA@Example.com>"))

    case = received.case
    assert (received.state, case.subject, case.customer, case.channel) == ("filed", "Broken cup", ada, "mail")
    assert words(case) == ["The cup is broken."]


def test_a_reply_with_references_goes_onto_its_case(owner):
    case = asked(owner)
    ours = sent_header("Message-ID")

    received = take(
        mail("Blue.", Subject="Re: whatever", In_Reply_To=ours, References=f"<x@y.example> {ours}")
    )

    assert received.case == case
    assert words(case) == ["Broken!", "Which colour?", "Blue."]
    assert Case.objects.get().state == "open"


def test_a_reply_without_references_finds_its_case_by_the_signed_address(owner):
    Mailbox.objects.create(name="Help", address=BOX, plus_addresses=True)
    case = asked(owner)
    answer_to = sent_header("Reply-To")
    assert answer_to.startswith("help+c")

    received = take(mail("Blue.", To=answer_to, Subject="Cup"))
    forged = take(mail("Red.", To=f"help+c{case.pk}-0123456789ab@teahouse.example", Subject="Cup"))

    assert received.case == case
    assert forged.case != case


def test_a_reply_without_references_finds_its_case_by_the_tag_of_the_same_sender_only(owner):
    case = asked(owner)
    subject = sent_header("Subject")
    assert subject == f"Re: Broken cup [#{case.pk}]"

    received = take(mail("Blue.", Subject=subject))
    stranger = take(mail("Red.", Subject=subject, From="eve@example.com"))

    assert received.case == case
    assert stranger.case != case
    assert stranger.case.subject == "Re: Broken cup"


def test_a_forwarded_mail_opens_a_case_with_all_its_text(shop):
    body = "See below.\n\n---------- Forwarded message ---------\nFrom: Bob <bob@example.com>\n\nWhere is it?"

    received = take(mail(body, Subject="Fwd: Where is it?", References="<unknown@example.com>"))

    assert (received.state, Case.objects.count()) == ("filed", 1)
    assert "Where is it?" in words(received.case)[0]


@pytest.mark.parametrize(
    "quote",
    [
        "On Mon, 15 Jun 2026 at 12:00, Teahouse <news@teahouse.example> wrote:\n> Which colour?\n> Olga",
        "Am 15.06.2026 um 12:00 schrieb Teahouse:\n> Which colour?",
        "在 2026年6月15日，Teahouse 写道：\n> Which colour?",
        "------------------ 原始邮件 ------------------\n发件人: Teahouse\nWhich colour?",
        "-----Original Message-----\nFrom: Teahouse\nSent: Monday\nTo: Ada\nSubject: Cup\n\nWhich colour?",
    ],
)
def test_a_top_posted_reply_is_cut_and_what_it_repeats_is_kept_apart(owner, quote):
    case = asked(owner)

    take(mail(f"Blue, please.\n\n{quote}", In_Reply_To=sent_header("Message-ID")))

    message = case.messages.latest("id")
    assert message.text == "Blue, please."
    assert "Which colour?" in message.quoted


@pytest.mark.parametrize(
    "headers",
    [
        {"Auto_Submitted": "auto-replied"},
        {"Auto_Submitted": "auto-generated; owner=x"},
        {"X_Autoreply": "yes"},
        {"X_Autorespond": "Holiday"},
        {"Precedence": "auto_reply"},
        {"X_Auto_Response_Suppress": "DR, OOF, AutoReply"},
        {"Subject": "Automatic reply: Broken cup"},
        {"Subject": "自动回复: Broken cup"},
    ],
)
def test_a_vacation_notice_is_known_by_its_headers(owner, headers):
    case = asked(owner)

    received = take(mail("I am away.", **{"In_Reply_To": sent_header("Message-ID"), **headers}))

    assert (received.state, received.reason, received.case) == ("ignored", "auto", None)
    assert len(words(case)) == 2
    assert Case.objects.get().state == "waiting"


def test_a_vacation_notice_is_known_by_its_null_return_path(owner):
    case = asked(owner)

    received = take(mail("I am away.", Return_Path="<>", In_Reply_To=sent_header("Message-ID")))

    assert (received.state, received.reason) == ("ignored", "null_path")
    assert len(words(case)) == 2


def test_a_delivery_report_is_noted_and_is_no_word_of_the_customer(owner):
    case = asked(owner)
    raw = (
        b"From: MAILER-DAEMON@mx.example.com\r\nTo: help@teahouse.example\r\nSubject: Undelivered\r\n"
        b"Message-ID: <r1@mx.example.com>\r\nMIME-Version: 1.0\r\nIn-Reply-To: "
        + sent_header("Message-ID").encode()
        + b'\r\nContent-Type: multipart/report; report-type=delivery-status; boundary="b"\r\n\r\n--b\r\n'
        b"Content-Type: text/plain\r\n\r\nUser unknown.\r\n--b\r\n"
        b"Content-Type: message/delivery-status\r\n\r\n"
        b"Action: failed\r\n\r\n--b--\r\n"
    )

    received = take(raw)

    assert (received.state, received.reason) == ("filed", "report")
    assert words(case)[2:] == ["Your answer could not be delivered: the address does not exist."]
    assert not case.messages.filter(direction="in")[1:]


@pytest.mark.parametrize("headers", [{"List_Id": "<tea.lists.example>"}, {"Precedence": "bulk"}])
def test_list_mail_is_ignored(shop, headers):
    assert (take(mail("News!", **headers)).state, Case.objects.count()) == ("ignored", 0)


def test_an_empty_mail_is_ignored_but_one_with_a_subject_says_something(owner):
    case = asked(owner)

    nothing = take(mail("", Subject="", Message_ID="<e1@example.com>"))
    empty_reply = take(mail(" \n", In_Reply_To=sent_header("Message-ID")))
    only_subject = take(mail("", Subject="Where is my order?", Message_ID="<e2@example.com>"))

    assert [one.reason for one in (nothing, empty_reply)] == ["empty", "empty"]
    assert words(only_subject.case) == ["Where is my order?"]
    assert len(words(case)) == 2


def test_a_mail_in_html_only_is_read_and_cleaned(owner):
    case = asked(owner)
    html = (
        "<html><head><style>p{color:red}</style></head><body><p onclick='x()'>Blue &amp; <b>big</b>.</p>"
        "<script>alert(1)</script><img src='http://spy.example/x.gif'><a href='javascript:x()'>here</a>"
        "<div>On Mon, 15 Jun 2026, Teahouse wrote:</div><blockquote><p>Which colour?</p></blockquote></body>"
    )

    take(mail("", html=html, In_Reply_To=sent_header("Message-ID")))

    message = case.messages.latest("id")
    assert message.text.splitlines()[0] == "Blue & big."
    assert "Which colour?" not in message.text
    assert "<b>big</b>" in message.html
    for bad in ("script", "alert", "onclick", "spy.example", "javascript", "color:red"):
        assert bad not in message.html


# Besides the ten.


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
