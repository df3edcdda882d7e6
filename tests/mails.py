"""Builders for the outbox: a kind of mail that needs no campaign, and mailings full of recipients."""

from __future__ import annotations

from typing import Any

from crm import outbox
from crm.models import Customer, Mailing, Message
from tests.people import make_customer


def prepare(mailing: Mailing):
    def render(message: Message) -> outbox.Envelope:
        name = message.customer.name if message.customer else ""
        values = {"subject": f"Hello {name}", "html": f"<p>Dear {name}</p>", "text": f"Dear {name}"}
        fixed = {"from_name": "Teahouse", "from_email": "news@teahouse.example", "to_name": name}
        return outbox.Envelope(**{**values, **fixed, **message.context.get("envelope", {})})

    return render


outbox.register("plain", prepare)


def make_mailing(source: str = "test:1", *, purpose: str = "marketing", kind: str = "plain") -> Mailing:
    return outbox.open_mailing(source, kind=kind, name="Spring tea", purpose=purpose)


def draft(customer: Customer, **fields: Any) -> Message:
    values = {"key": f"customer:{customer.pk}", "customer": customer, "to_email": customer.email}
    return Message(**{**values, **fields})


def make_messages(mailing: Mailing, count: int) -> list[Message]:
    """`count` customers who agreed, and a queued message for each."""
    outbox.plan(mailing, [draft(make_customer()) for _ in range(count)])
    return list(mailing.messages.order_by("id"))


def states(mailing: Mailing) -> list[str]:
    """The states of a mailing's messages in the order of planning."""
    return list(mailing.messages.order_by("id").values_list("state", flat=True))
