"""What comes back from a mail: raw hits kept, judged a minute later, and what people did put into the ledger.

tracking.hear([Hit(message_id, at, …)])     # One row per hit; nothing counts yet.
tracking.settle(now=…)                      # Was it a person? Then the ledger hears of it.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from campaigns.models import MessageEvent
from campaigns.tracking.judging import rules
from campaigns.tracking.known import network_of
from campaigns.tracking.settling import STEP, judge_all, settle
from crm.models import Message

__all__ = [
    "CLICK",
    "OPEN",
    "STEP",
    "TRAP",
    "UNSUBSCRIBE",
    "Hit",
    "hear",
    "judge_all",
    "network_of",
    "note_unsubscription",
    "rules",
    "settle",
]

_Kind = MessageEvent.Kind
OPEN, CLICK, TRAP, UNSUBSCRIBE = _Kind.OPEN, _Kind.CLICK, _Kind.TRAP, _Kind.UNSUBSCRIBE
VISITORS = 64  # So many different ones within one minute are told apart; more cannot fill the table.


@dataclass(frozen=True, slots=True)
class Hit:
    """One request for the pixel, for a link of the mail, or for the hidden one."""

    message_id: int
    at: datetime
    link_id: int | None = None
    place: int = 0  # Of the link in the mail.
    kind: str = OPEN
    method: str = "GET"
    agent: str = ""
    network: str = ""

    @property
    def key(self) -> str:
        """The same for equal hits of one visitor in one minute."""
        place = f":{self.place}" if self.kind == CLICK else ""
        visitor = zlib.crc32(f"{self.agent}|{self.network}".encode()) % VISITORS
        return f"{self.kind}:{self.message_id}{place}@{self.at:%Y%m%d%H%M}{self.method[:1]}{visitor}"


def hear(hits: Iterable[Hit]) -> None:
    """Keep hits as they came; equal ones within a minute once."""
    MessageEvent.objects.bulk_create(map(_event, hits), batch_size=1000, ignore_conflicts=True)


def _event(hit: Hit) -> MessageEvent:
    return MessageEvent(
        message_id=hit.message_id,
        kind=hit.kind,
        link_id=hit.link_id,
        at=hit.at,
        key=hit.key,
        method=hit.method[:4],
        agent=hit.agent[:200],
        network=hit.network,
    )


def note_unsubscription(message: Message, at: datetime, **_signal: Any) -> None:
    """Keep the event beside the others; the ledger has it already."""
    if message.mailing.kind == "campaign":
        event = MessageEvent(
            message=message,
            kind=UNSUBSCRIBE,
            at=at,
            key=f"{UNSUBSCRIBE}:{message.pk}",
            verdict=MessageEvent.Verdict.HUMAN,  # The button was pressed, or the mail program asked.
        )
        MessageEvent.objects.bulk_create([event], ignore_conflicts=True)
