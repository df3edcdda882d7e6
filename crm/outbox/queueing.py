"""What is due next, and of whom: the most urgent first, and campaigns of equal rank in turn."""

from __future__ import annotations

import random
from collections.abc import Collection
from datetime import datetime, timedelta

from django.db.models import Exists, F, OuterRef, Q, QuerySet

from crm.models import Mailing, Message, Sender
from crm.outbox import pacing

State = Message.State
BATCH = 200
TURN = timedelta(seconds=5)  # So long one mailing may keep the connection while others of its rank wait.


class Queue:
    """Batches of one sender each; remembers who had the last turn."""

    def __init__(self) -> None:
        self.last: int | None = None
        self.looked_at: datetime | None = None

    def next(self, now: datetime, shut: Collection[int | None]) -> list[Message]:
        """The next messages that may leave now; senders in `shut` must wait."""
        waiting = _waiting(now, shut)
        top = waiting.order_by("priority", "not_before", "id").select_related("mailing").first()
        if top is None:
            return []
        if top.mailing.purpose == Mailing.Purpose.MARKETING:
            waiting, top = self._in_turn(waiting, top, now)
        sender_id = top.mailing.sender_id
        sender = Sender.objects.filter(pk=sender_id).first() if sender_id else None
        return _batch(waiting.filter(mailing__sender=sender_id), sender)

    def _in_turn(
        self, waiting: QuerySet[Message], top: Message, now: datetime
    ) -> tuple[QuerySet[Message], Message]:
        """Another mailing of the same rank, where one had the whole connection for a while."""
        if self.looked_at is not None and now - self.looked_at < TURN:
            return waiting, top
        self.looked_at = now
        mine = Message.objects.filter(mailing=OuterRef("pk"), state=State.QUEUED, not_before__lte=now)
        equals = Mailing.objects.filter(
            Exists(mine), state=Mailing.State.OPEN, purpose=Mailing.Purpose.MARKETING, priority=top.priority
        )
        ids = list(equals.order_by("pk").values_list("pk", flat=True))
        if len(ids) < 2:
            return waiting, top
        after = [pk for pk in ids if pk > (self.last or 0)]
        self.last = (after or ids)[0]
        its = waiting.filter(mailing=self.last)
        first = its.order_by("priority", "not_before", "id").select_related("mailing").first()
        return (its, first) if first else (waiting, top)


def due(now: datetime) -> list[Message]:
    """The next messages to send, of one sender, the most urgent first."""
    return Queue().next(now, ())


def anything_due(now: datetime) -> bool:
    return _waiting(now, ()).exists()


def _waiting(now: datetime, shut: Collection[int | None]) -> QuerySet[Message]:
    found = Message.objects.filter(state=State.QUEUED, not_before__lte=now, mailing__state=Mailing.State.OPEN)
    if None in shut:
        found = found.filter(mailing__sender__isnull=False)
    if numbers := [pk for pk in shut if pk is not None]:
        found = found.filter(Q(mailing__sender__isnull=True) | ~Q(mailing__sender__in=numbers))
    return found


def _batch(waiting: QuerySet[Message], sender: Sender | None) -> list[Message]:
    """Equals in any order, so that workers meet rarely. The row of the sender is shared by all of them."""
    size = pacing.at_once(sender, BATCH)
    found = waiting.select_related("mailing", "customer").order_by("priority", F("not_before"), "id")
    batch = list(found[:size])
    for message in batch:
        message.mailing.sender = sender
    turn = random.randrange(len(batch)) if batch and batch[0].priority == batch[-1].priority else 0  # noqa: S311
    return batch[turn:] + batch[:turn]
