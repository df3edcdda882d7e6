"""Mails of the invented letters that came back, noted by the program itself."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta

from campaigns.demo.history import NOBODY_THERE
from campaigns.models import Campaign
from crm.models import DeliveryEvent, Message
from crm.outbox.returns import taking, words

SOURCE = "demo"
FULL_EVERY, MOST_FULL = 90, 8


def come_back(campaigns: Sequence[Campaign]) -> None:
    """Addresses that do not exist, some full mailboxes, and one complaint about the last letter."""
    mailings = [one.mailing_id for one in campaigns if one.mailing_id]
    failed = taking.messages().filter(mailing__in=mailings, state=Message.State.FAILED)
    for message in failed.order_by("planned_at", "pk"):
        taking.refused(message, NOBODY_THERE, at=message.planned_at + timedelta(minutes=3))
    last = taking.messages().filter(mailing=campaigns[-1].mailing_id, state=Message.State.SENT)
    sent = list(last.order_by("pk")[: FULL_EVERY * MOST_FULL])
    for message in sent[::FULL_EVERY]:
        _note(message, DeliveryEvent.Kind.SOFT, words.FULL, "4.2.2", "452 4.2.2 The mailbox is full")
    if len(sent) > FULL_EVERY:
        _note(sent[7], DeliveryEvent.Kind.COMPLAINED, "", "", "")


def _note(message: Message, kind: str, reason: str, status: str, detail: str) -> None:
    assert message.sent_at is not None
    taking.note(
        taking.Fact(
            SOURCE,
            f"{kind}:{message.pk}",
            kind,
            message.sent_at + timedelta(minutes=4),
            message,
            message.to_email,
            status,
            reason,
            detail,
        )
    )
