"""Mails that come in for tests, and what became of them."""

from __future__ import annotations

from datetime import UTC, datetime
from email.message import EmailMessage

from crm import cases
from crm.cases import incoming
from crm.models import Case, Customer, Message, ReceivedMail
from crm.outbox import reading, sending
from tests.people import make_customer

NOW = datetime(2026, 6, 15, 10, tzinfo=UTC)


BOX = "help@teahouse.example"


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
