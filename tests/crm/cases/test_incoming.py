"""The ten shapes of mails that come in: a new case, a word on its case, or nothing, with the reason."""

from __future__ import annotations

import pytest

from crm.models import Case, Mailbox
from tests.crm.cases.letters import BOX, asked, mail, sent_header, take, words
from tests.people import make_customer

pytestmark = pytest.mark.django_db


@pytest.fixture(autouse=True)
def _files(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


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
