"""The filter of the outbox."""

from __future__ import annotations

from dataclasses import dataclass

from django.db.models import QuerySet
from django.http import QueryDict

from crm import masking
from crm.models import Mailing, Message

MAILINGS_SHOWN = 200


@dataclass(frozen=True, slots=True)
class OutboxFilter:
    """What the reader looks for; values that mean nothing are as good as none."""

    q: str = ""
    state: str = ""
    mailing: int = 0

    @classmethod
    def read(cls, data: QueryDict) -> OutboxFilter:
        state, mailing = data.get("state", ""), data.get("mailing", "")
        return cls(
            q="" if masking.active() else data.get("q", "").replace("\x00", "").strip()[:254],
            state=state if state in Message.State.values else "",
            mailing=int(mailing) if mailing.isascii() and mailing.isdigit() and len(mailing) < 16 else 0,
        )

    def apply(self, messages: QuerySet[Message]) -> QuerySet[Message]:
        if self.q:
            messages = messages.filter(to_email__contains=self.q.lower())
        if self.state:
            messages = messages.filter(state=self.state)
        return messages.filter(mailing=self.mailing) if self.mailing else messages

    @property
    def narrowing(self) -> bool:
        return bool(self.q or self.state or self.mailing)


def mailings() -> QuerySet[Mailing]:
    """The latest mailings, to choose from."""
    return Mailing.objects.order_by("-id")[:MAILINGS_SHOWN]
