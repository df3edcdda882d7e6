"""The engine: takes what is due, asks again whether it may leave, hands it over, settles it.

Nothing here may send a message twice: a claim is committed before the hand-over, and a message found in
SENDING without an owner becomes UNSURE. Everything may be killed at any moment.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

from django.utils import timezone

from crm import stopping
from crm.errors import TemporaryFailure
from crm.models import Message, Sender
from crm.outbox import channels, claiming, guarding, retrying, senders, troubles
from crm.outbox.channels import Channel, Known, Outcome
from crm.outbox.durable import safely
from crm.outbox.hand import Hand
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
        self.hand = Hand(clock)
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
                elif not self._one(batch, end):
                    break  # All of it in the hands of others.
        finally:
            self.hand.close()
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
        # However long preparing took, some go out: else a slow machine would prepare for ever.
        self._send(ready.parcels, lane, min(end, time.monotonic() + BATCH_SECONDS))
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
        """Hand over one parcel after the other; a few are claimed at a time, one is on its way."""
        hand, position = self.hand, 0
        try:
            while (
                position < len(parcels) and self._goes_on(lane, end) and self._ready(parcels[position], lane)
            ):
                lot = parcels[position : position + hand.lot(parcels[position:])]
                position += len(lot)
                for parcel in hand.take(lot):
                    if not (hand.is_fresh() and self._goes_on(lane, end) and self._ready(parcel, lane)):
                        break
                    if hand.begin(parcel.message):
                        self._hand_over(parcel, lane)
        except BaseException:
            hand.lose()
            raise
        finally:
            hand.put_down()

    def _goes_on(self, lane: Lane, end: float) -> bool:
        return not lane.stopped and time.monotonic() < end and not stopping.requested()

    def _ready(self, parcel: Parcel, lane: Lane) -> bool:
        try:
            lane.channel.open()
        except TemporaryFailure as error:
            lane.down(str(error))
            waiting = Message.objects.filter(pk=parcel.message.pk, state__in=[State.QUEUED, State.SENDING])
            waiting.update(error=str(error)[:500])
            return False
        return True

    def _hand_over(self, parcel: Parcel, lane: Lane) -> None:
        self.moved += 1
        outcome = lane.channel.hand_over(parcel)
        if outcome.known is not Known.TAKEN:
            self._settle_trouble(parcel.message, outcome, lane)
            return
        self.hand.was_taken(parcel.message, lane.channel.keep(parcel), outcome.provider_id)
        lane.later_in_a_row = 0
        if parcel.message.mailing_id not in self.well:
            self.well.add(parcel.message.mailing_id)
            guarding.went_well(parcel.message.mailing_id)
        self.sent += 1
        if self.sent == 1:
            troubles.clear(lane.sender)

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
        self.hand.settle(message, state, error=text, **values)
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
