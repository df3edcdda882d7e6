"""What comes back from a mail: raw hits kept, the first of each kind remembered in the ledger."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from campaigns.models import Campaign, Link, MessageEvent
from crm import ledger
from crm.models import Interaction, Message

OPEN, CLICK, UNSUBSCRIBE = MessageEvent.Kind.OPEN, MessageEvent.Kind.CLICK, MessageEvent.Kind.UNSUBSCRIBE


@dataclass(frozen=True, slots=True)
class Hit:
    """One request for the pixel, or for a link of the mail."""

    message: Message
    at: datetime
    link: Link | None = None  # None: an opening.
    agent: str = ""

    @property
    def kind(self) -> str:
        return CLICK if self.link else OPEN

    @property
    def key(self) -> str:
        """The ledger's key: the first opening of a message, the first click on each of its links."""
        return f"{self.kind}:{self.message.pk}" + (f":{self.link.position}" if self.link else "")


def hear(hits: Iterable[Hit], campaign: Campaign) -> None:
    """Keep hits on messages of one campaign: equal ones within a minute once, and the first in the ledger."""
    hits = list(hits)
    with transaction.atomic():
        MessageEvent.objects.bulk_create(
            [_event(hit) for hit in hits], batch_size=1000, ignore_conflicts=True
        )
        ledger.record(_entry(hit, campaign) for hit in hits if hit.message.customer_id)


def _event(hit: Hit) -> MessageEvent:
    minute = f"{hit.at:%Y%m%d%H%M}"
    return MessageEvent(
        message=hit.message,
        kind=hit.kind,
        link=hit.link,
        at=hit.at,
        key=f"{hit.key}@{minute}",
        agent=hit.agent[:200],
    )


def _entry(hit: Hit, campaign: Campaign) -> Interaction:
    return Interaction(
        customer_id=hit.message.customer_id,
        kind=hit.kind,
        at=hit.at,
        source=campaign.source,
        key=hit.key,
        subject=campaign.slug,
        title=campaign.name,
        properties={"url": hit.link.url[:500]} if hit.link else {},
    )


def note_unsubscription(message: Message, at: datetime, **_signal: Any) -> None:
    """Keep the event beside the others; the ledger has it already."""
    if message.mailing.kind == "campaign":
        event = MessageEvent(message=message, kind=UNSUBSCRIBE, at=at, key=f"{UNSUBSCRIBE}:{message.pk}")
        MessageEvent.objects.bulk_create([event], ignore_conflicts=True)
