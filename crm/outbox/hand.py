"""The messages that one run has in hand: claimed a few at a time, stored together once the server took them.

How many at a time follows the server: less than half a second's worth, so that nothing waits long in hand.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from datetime import datetime

from django.db import transaction

from crm.models import Message, SandboxMail
from crm.outbox import claiming
from crm.outbox.durable import surely
from crm.outbox.mime import Parcel
from crm.outbox.notes import Notes

State = Message.State
MOST = 64
SECONDS = 0.4
LONGEST = 1.0
FRESH = 0.1  # So long an answer holds that somebody may be written to.


class Hand:
    """Of one run over what is due."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.me = claiming.claimant()
        self.notes = Notes(self.me)
        self.size = 1
        self.began = 0.0  # At the first lot: long ago.
        self.claimed: set[int] = set()  # And not yet begun.
        self.asked = 0.0
        self.willing: set[int] = set()  # Of the claimed ones, when it was asked last.
        self.begun: int | None = None  # Handed over this moment.
        self.taken: list[int] = []
        self.caught: list[SandboxMail] = []
        self.named: list[Message] = []  # That the provider gave a number of its own.

    def lot(self, parcels: Sequence[Parcel]) -> int:
        """How many of these to take next."""
        took = time.monotonic() - self.began
        if took < SECONDS / 2:
            self.size = min(MOST, self.size * 2)
        elif took > SECONDS:
            self.size = max(1, self.size // 2)
        return claiming.together([one.message for one in parcels[: self.size]], self.size)

    def take(self, parcels: Sequence[Parcel]) -> list[Parcel]:
        """Store what was taken so far and claim these; returns those that were won."""
        won = surely(lambda: self._store(parcels))
        self._stored()
        self.began = self.asked = time.monotonic()
        self.claimed, self.willing = won, set(won)
        return [one for one in parcels if one.message.pk in won]

    def is_fresh(self) -> bool:
        """Whether what is in hand was claimed just now; else others might take this run for dead."""
        return time.monotonic() - self.began < LONGEST

    def begin(self, message: Message) -> bool:
        """Whether this claimed message may still leave; then its handing over begins now."""
        if time.monotonic() - self.asked > FRESH:
            self.willing = claiming.still(self.claimed, message, self.me)
            self.asked = time.monotonic()
        if message.pk not in self.willing:
            return False
        self.notes.begun(message.pk)
        self.claimed.discard(message.pk)
        self.begun = message.pk
        return True

    def was_taken(self, message: Message, mail: SandboxMail | None, provider_id: str) -> None:
        self.notes.taken(message.pk)
        self.begun = None
        self.taken.append(message.pk)
        if mail is not None:
            self.caught.append(mail)
        if provider_id:
            message.provider_id = provider_id
            self.named.append(message)

    def settle(self, message: Message, state: str, **values: object) -> None:
        """Store at once what became of a message that the server did not take."""
        surely(lambda: claiming.settle(message, state, self.me, **values))
        self.begun, self.asked = None, 0.0  # It may have stopped the mailing.

    def put_down(self) -> None:
        """Store what was taken, and put back what has not begun."""
        surely(lambda: self._store(()))
        self._stored()

    def lose(self) -> None:
        """An error of ours between the beginning and the answer: nobody knows what happened to that one."""
        if self.begun is not None:
            claiming.settle_all([self.begun], State.UNSURE, self.me)
            self.begun = None

    def close(self) -> None:
        self.notes.close(keep=bool(self.claimed or self.taken or self.begun))

    @transaction.atomic
    def _store(self, parcels: Sequence[Parcel]) -> set[int]:
        now = self.clock()
        claiming.settle_all(self.taken, State.SENT, self.me, sent_at=now, error="")
        SandboxMail.objects.bulk_create(self.caught, ignore_conflicts=True)
        Message.objects.bulk_update(self.named, ["provider_id"])
        claiming.release(self.claimed, self.me)
        if not parcels:
            return set()
        self.claimed |= {one.message.pk for one in parcels}  # Should the answer to this be lost.
        return claiming.claim([one.message for one in parcels], self.me, now)

    def _stored(self) -> None:
        self.notes.clear()
        self.claimed, self.taken, self.caught, self.named = set(), [], [], []
