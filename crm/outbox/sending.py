"""The engine: takes what is due, asks again whether it may leave, hands it over, settles it.

Nothing here may send a message twice: a claim is committed before the hand-over, and a message found in
SENDING without an owner becomes UNSURE. Everything may be killed at any moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm import stopping
from crm.errors import TemporaryFailure
from crm.models import Message, Sender
from crm.outbox import channels, claiming, guarding, retrying, senders, troubles
from crm.outbox.channels import Channel, Known, Outcome
from crm.outbox.durable import safely, surely
from crm.outbox.mime import Parcel
from crm.outbox.preparing import Preparing
from crm.outbox.queueing import Queue, anything_due, due
from crm.outbox.retrying import ATTEMPTS

State = Message.State
BATCH_SECONDS = 5  # Then look again whether something more urgent came.
LONGEST_REST = 5.0  # Seconds that a worker waits for a limited sender before it gives way to other work.
LATER_IN_A_ROW = 5  # So many "not now" in a row mean the server, not the messages.


class Lane:
    """The way out of one sender during one run."""

    def __init__(self, sender: Sender | None) -> None:
        self.sender = sender
        self.channel: Channel = senders.channel(sender)
        self.later_in_a_row = 0
        self.stopped = False
        self.again_at: datetime | None = None  # Its limits let nothing out before.

    def is_shut(self, now: datetime) -> bool:
        return self.stopped or (self.again_at is not None and self.again_at > now)

    def down(self, text: str) -> None:
        self.stopped = True
        troubles.note(self.sender, text)


class Drain:
    """One run over what is due, with one connection for each sender."""

    def __init__(self, clock: Callable[[], datetime] = timezone.now) -> None:
        self.clock = clock
        self.me = claiming.claimant()
        self.sent = self.moved = 0
        self.queue = Queue()
        self.lanes: dict[int | None, Lane] = {}
        self.preparing = Preparing(clock)
        self.well: set[int] = set()  # Mailings of which the last mail was taken.

    def run(self, seconds: float) -> int:
        """Send until nothing is due, the time is over, or the servers give up. Returns how many were sent."""
        end = time.monotonic() + seconds
        try:
            while time.monotonic() < end and not stopping.requested():
                now = self.clock()
                batch = self.queue.next(now, [pk for pk, lane in self.lanes.items() if lane.is_shut(now)])
                if not batch:
                    if not self._rest(end):
                        break
                elif not self._one(batch, min(end, time.monotonic() + BATCH_SECONDS)):
                    break  # All of it in the hands of others.
        finally:
            for lane in self.lanes.values():
                lane.channel.close()
        return self.sent

    def _one(self, batch: list[Message], end: float) -> bool:
        """Work at one batch; whether anything moved, or will later."""
        before = self.moved + self.preparing.moved
        sender = batch[0].mailing.sender
        number = sender.pk if sender else None
        lane = self.lanes.setdefault(number, Lane(sender)) if number not in self.lanes else self.lanes[number]
        ready = self.preparing.ready(batch, sender)
        lane.again_at = ready.again_at
        self._send(ready.parcels, lane, end)
        return lane.is_shut(self.clock()) or self.moved + self.preparing.moved > before

    def _rest(self, end: float) -> bool:
        """Wait for the first limited sender, where that is worth it; False when there is none."""
        opening = [lane.again_at for lane in self.lanes.values() if lane.again_at and not lane.stopped]
        if not opening:
            return False
        pause = (min(opening) - self.clock()).total_seconds()
        if pause > LONGEST_REST or time.monotonic() + pause > end:
            return False
        time.sleep(max(pause, 0.005))
        return True

    def _send(self, parcels: list[Parcel], lane: Lane, end: float) -> None:
        """Hand over one parcel after the other; at most one of them is SENDING at any moment."""
        held: Parcel | None = None
        try:
            for position, parcel in enumerate(parcels):
                if held is None:
                    if lane.stopped or not self._ready(parcel, lane):
                        return
                    held = parcel if claiming.claim(parcel.message, self.me, self.clock()) else None
                    if held is None:
                        continue
                last = position + 1 == len(parcels) or time.monotonic() > end or stopping.requested()
                held = self._hand_over(held, lane, None if last else parcels[position + 1])
                if last:
                    return
        except BaseException:
            if held is not None:  # An error of ours between claim and settlement: nobody knows.
                claiming.settle(held.message, State.UNSURE, self.me)
            raise

    def _ready(self, parcel: Parcel, lane: Lane) -> bool:
        try:
            lane.channel.open()
        except TemporaryFailure as error:
            lane.down(str(error))
            Message.objects.filter(pk=parcel.message.pk, state=State.QUEUED).update(error=str(error)[:500])
            return False
        return True

    def _hand_over(self, parcel: Parcel, lane: Lane, following: Parcel | None) -> Parcel | None:
        """Hand over what is held, settle it, and come back with the next one in hand."""
        self.moved += 1
        outcome = lane.channel.hand_over(parcel)
        if outcome.known is not Known.TAKEN:
            self._settle_trouble(parcel.message, outcome, lane)
            return None
        lane.later_in_a_row = 0
        if parcel.message.mailing_id not in self.well:
            self.well.add(parcel.message.mailing_id)
            guarding.went_well(parcel.message.mailing_id)
        self.sent += 1
        if self.sent == 1:
            troubles.clear(lane.sender)
        following = following if lane.channel.is_open() else None
        won = surely(lambda: self._settle_sent(parcel, lane, outcome, following))
        return following if won else None

    def _settle_sent(self, parcel: Parcel, lane: Lane, outcome: Outcome, following: Parcel | None) -> bool:
        mail = lane.channel.keep(parcel)
        if mail is None and not outcome.provider_id:
            return self._turn(parcel.message, following)
        with transaction.atomic():
            if mail is not None:
                mail.save(force_insert=True)
            if outcome.provider_id:
                mine = Message.objects.filter(pk=parcel.message.pk)
                mine.update(provider_id=outcome.provider_id)
            return self._turn(parcel.message, following)

    def _turn(self, done: Message, following: Parcel | None) -> bool:
        now = self.clock()
        if following is None:
            claiming.settle(done, State.SENT, self.me, sent_at=now, error="")
            return False
        return claiming.sent_and_claim(done, following.message, self.me, now)

    def _settle_trouble(self, message: Message, outcome: Outcome, lane: Lane) -> None:
        text, now = outcome.text[:500], self.clock()
        tries = message.attempts + 1
        values: dict[str, Any] = {}
        match outcome.known:
            case Known.UNSURE:
                state = State.UNSURE
            case Known.REFUSED:
                state = State.FAILED
            case Known.DOWN:  # Not this message's fault: it keeps its place and its tries.
                state, values = State.QUEUED, {"attempts": message.attempts}
                lane.down(text)
            case _:
                pause = retrying.wait(text, tries)
                state = State.FAILED if pause is None else State.QUEUED
                values = {} if pause is None else {"not_before": now + pause}
        lane.later_in_a_row = lane.later_in_a_row + 1 if outcome.known is Known.LATER else 0
        if lane.later_in_a_row >= LATER_IN_A_ROW:
            lane.down(text)
        surely(lambda: claiming.settle(message, state, self.me, error=text, **values))
        if outcome.known is Known.REFUSED and outcome.of_recipient:
            guarding.refused(message, text, at=now)
        elif outcome.known in {Known.UNSURE, Known.REFUSED}:
            self.well.discard(message.mailing_id)
            guarding.lost(message.mailing)


def drain(seconds: float = 60.0) -> int:
    """Send what is due for at most so long; returns how many were sent."""
    claiming.reclaim_lost(timezone.now())
    if channels.refusal():
        return 0
    with safely():
        return Drain().run(seconds)


trouble = troubles.everywhere

__all__ = ["ATTEMPTS", "LATER_IN_A_ROW", "Drain", "anything_due", "drain", "due", "trouble"]
