"""The public form, and how its sender follows the case."""

from __future__ import annotations

import re

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from crm import cases, limits
from crm.cases import following
from crm.models import Case, CaseMessage, Message, SandboxMail
from crm.outbox import sending
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db
WORDS = {"name": "Ada", "email": "Ada@Example.com", "subject": "Broken cup", "text": "UNIQUEWORD in pieces"}


@pytest.fixture(autouse=True)
def _no_counts():
    limits.forget()


def send(client, **changes):
    return client.post("/help/ask/?lang=en", {**WORDS, **changes})


def mails() -> list[str]:
    sending.drain()
    return [bytes(mail.raw).decode() for mail in SandboxMail.objects.order_by("pk")]


def link_of(case: Case) -> str:
    return following.path_of(case)


def test_the_form_opens_a_case_and_the_sender_gets_a_link_and_nothing_else(shop, client):
    answer = send(client)

    case = Case.objects.get()
    assert answer.headers["Location"] == "/help/ask/?thanks=1&lang=en"
    assert (case.channel, case.sender_email, case.customer) == ("form", "ada@example.com", None)
    [mail] = mails()
    assert "Auto-Submitted: auto-replied" in mail
    assert f"[#{case.pk}]" in mail
    assert "UNIQUEWORD" not in mail
    assert "Broken cup" not in mail
    assert Message.objects.get().mailing.purpose == "transactional"


def test_a_known_customer_is_matched_and_sees_the_same_answer_as_a_stranger(shop, client):
    ada = make_customer(email="ada@example.com", first_name="SECRETNAME")
    known, stranger = send(client), send(client, email="nobody@example.com")

    assert known.headers["Location"] == stranger.headers["Location"]
    case = Case.objects.get(sender_email="ada@example.com")
    assert case.customer == ada
    assert "SECRETNAME" not in client.get(link_of(case)).text + "".join(mails())


def test_the_link_shows_the_conversation_without_notes_and_takes_answers(owner, client):
    send(client)
    case = Case.objects.get()
    cases.note(case, "PRIVATENOTE", by=owner, at=NOON)
    cases.reply(case, "A new one comes.", by=owner, at=case.opened_at)

    page = client.get(link_of(case)).text
    client.post(link_of(case), {"text": "Thank you!", "key": "1"})
    client.post(link_of(case), {"text": "Thank you!", "key": "1"})

    assert "A new one comes." in page
    assert "PRIVATENOTE" not in page
    case.refresh_from_db()
    assert case.state == "open"
    assert list(case.messages.filter(direction="in").values_list("text", flat=True)) == [
        WORDS["text"],
        "Thank you!",
    ]


def test_a_forged_link_shows_nothing(shop, client):
    send(client)
    good = link_of(Case.objects.get())
    forged = re.sub(r"/case/\w+\.", "/case/2.", good)

    assert [client.get(one).status_code for one in (forged, "/help/case/x/", "/help/case/%00/")] == [
        404,
        404,
        400,
    ]


def test_a_case_merged_into_a_foreign_one_shows_only_what_was_said_here(owner, client):
    send(client)
    mine = Case.objects.get()
    other = cases.open_case("Other", text="FOREIGNWORD", sender_email="b@example.com", at=NOON)
    cases.merge(mine, other, by=owner, at=NOON)

    page = client.get(link_of(mine)).text
    answer = client.post(link_of(mine), {"text": "Hello?"})

    assert "UNIQUEWORD" in page
    assert "FOREIGNWORD" not in page
    assert answer.status_code == 422
    assert CaseMessage.objects.filter(case=other).count() == 2


def test_a_program_that_fills_every_field_is_thanked_and_nothing_is_kept(shop, client):
    answer = send(client, company_site="https://spam.example")

    assert answer.status_code == 302
    assert not Case.objects.exists()
    assert mails() == []


def test_too_many_messages_to_one_mailbox_are_refused(shop, client):
    answers = [send(client, key=str(number)).status_code for number in range(7)]

    assert answers == [302] * 5 + [422] * 2
    assert Case.objects.count() == 5


def test_files_within_limits_are_kept_and_others_refused_at_the_place(shop, client):
    picture = SimpleUploadedFile("cup.jpg", b"\xff\xd8\xff", "image/jpeg")
    program = SimpleUploadedFile("cup.exe", b"MZ", "application/octet-stream")

    refused, kept = send(client, attached=program), send(client, attached=picture)

    assert (refused.status_code, kept.status_code) == (422, 302)
    assert [one.name for one in Case.objects.get().messages.get().attachments.all()] == ["cup.jpg"]


def test_the_form_without_scripts_shows_articles_before_sending(shop, client):
    from tests.crm.test_knowledge import BROKEN, write

    write({"en": BROKEN})
    answer = send(client, do="look")

    assert "My cup arrived broken" in answer.text
    assert "UNIQUEWORD" in answer.text
    assert not Case.objects.exists()


def test_bad_input_is_marked_at_its_place(shop, client):
    answer = send(client, email="no address", text="")

    assert answer.status_code == 422
    assert answer.text.count("invalid-feedback") == 2
