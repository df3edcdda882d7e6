"""The engine: takes what is due, asks again whether it may leave, hands it over, settles it.

Nothing here may send a message twice: a claim is committed before the hand-over, and a message found in
SENDING without an owner becomes UNSURE. Everything may be killed at any moment.
"""

from __future__ import annotations

import logging
import random
import time
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any

from django.core.cache import cache
from django.db import DatabaseError, InterfaceError, OperationalError, connection, transaction
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_noop as _  # Stored in English, translated where it is shown.

from crm import stopping
from crm.consent import email_hash
from crm.errors import PermanentFailure, TemporaryFailure
from crm.models import Mailing, Message, Suppression
from crm.outbox import channels, claiming, kinds, mailings, mime, reasons
from crm.outbox.channels import Channel, Known, Outcome
from crm.outbox.mime import Parcel

log = logging.getLogger(__name__)
State = Message.State
BATCH = 100
BATCH_SECONDS = 5  # Then look again whether something more urgent came.
ATTEMPTS = 10  # With doubling pauses: most of a day.
LATER_IN_A_ROW = 5  # So many "not now" in a row mean the server, not the messages.
BROKEN_IN_A_ROW = 10  # So many failing renders in a row mean the template, not the people.
LOST_IN_A_ROW = 10  # So many refused or unsure in a row mean the server, not the people: the rest waits.
TROUBLE = "outbox:trouble"


class Drain:
    """One run over what is due, with one connection."""

    def __init__(self, channel: Channel, clock: Callable[[], datetime] = timezone.now) -> None:
        self.channel = channel
        self.clock = clock
        self.me = claiming.claimant()
        self.sent = self.moved = self.later_in_a_row = 0
        self.broken: defaultdict[int, int] = defaultdict(int)
        self.well: set[int] = set()  # Mailings of which the last mail was taken.
        self.stopped = False

    def run(self, seconds: float) -> int:
        """Send until nothing is due, the time is over, or the server gives up. Returns how many were sent."""
        end = time.monotonic() + seconds
        try:
            while not self.stopped and time.monotonic() < end:
                moved_before = self.moved
                if batch := due(self.clock()):
                    self._send(self._parcels(batch), min(end, time.monotonic() + BATCH_SECONDS))
                if self.moved == moved_before:  # Nothing due, or all of it in the hands of others.
                    break
        finally:
            self.channel.close()
        return self.sent

    def _parcels(self, batch: list[Message]) -> list[Parcel]:
        """The messages of a batch that may leave, written; the others are settled here."""
        hashes = [email_hash(one.to_email) for one in batch]
        blocked = set(Suppression.objects.filter(email_hash__in=hashes).values_list("email_hash", flat=True))
        renders: dict[int, kinds.Render | None] = {}
        parcels = []
        for message in batch:
            if reason := reasons.skip_reason(message, message.customer, blocked):
                self._leave_out(message, State.SKIPPED, reason=reason)
                continue
            if message.mailing_id not in renders:
                renders[message.mailing_id] = _prepared(message.mailing)
            if render := renders[message.mailing_id]:
                parcels += self._written(message, render)
        return parcels

    def _written(self, message: Message, render: kinds.Render) -> list[Parcel]:
        try:
            parcel = mime.assemble(message, render(message), now=self.clock())
        except PermanentFailure as failure:
            self._leave_out(message, State.FAILED, error=str(failure)[:500])
            return []
        except Exception as error:  # One person's data must not stop everybody's mail.
            log.error("message %s could not be written: %s", message.pk, type(error).__name__)
            self._broken(message)
            return []
        self.broken[message.mailing_id] = 0
        return [parcel]

    def _leave_out(self, message: Message, state: str, **values: str) -> None:
        self.moved += claiming.leave_out(message, state, **values)

    def _broken(self, message: Message) -> None:
        self._leave_out(
            message,
            State.FAILED,
            error=_("The mail could not be written because of an error in the program."),
        )
        self.broken[message.mailing_id] += 1
        if self.broken[message.mailing_id] >= BROKEN_IN_A_ROW:
            mailings.pause(
                message.mailing, _("Many mails in a row could not be written. Look at the design.")
            )

    def _send(self, parcels: list[Parcel], end: float) -> None:
        """Hand over one parcel after the other; at most one of them is SENDING at any moment."""
        held: Parcel | None = None
        try:
            for position, parcel in enumerate(parcels):
                if held is None:
                    if self.stopped or not self._ready(parcel):
                        return
                    held = parcel if claiming.claim(parcel.message, self.me, self.clock()) else None
                    if held is None:
                        continue
                last = position + 1 == len(parcels) or time.monotonic() > end or stopping.requested()
                held = self._hand_over(held, None if last else parcels[position + 1])
                if last:
                    self.stopped = self.stopped or stopping.requested()
                    return
        except BaseException:
            if held is not None:  # An error of ours between claim and settlement: nobody knows.
                claiming.settle(held.message, State.UNSURE, self.me)
            raise

    def _ready(self, parcel: Parcel) -> bool:
        try:
            self.channel.open()
        except TemporaryFailure as error:
            self._down(str(error))
            Message.objects.filter(pk=parcel.message.pk, state=State.QUEUED).update(error=str(error)[:500])
            return False
        return True

    def _hand_over(self, parcel: Parcel, following: Parcel | None) -> Parcel | None:
        """Hand over what is held, settle it, and come back with the next one in hand."""
        self.moved += 1
        outcome = self.channel.hand_over(parcel)
        if outcome.known is not Known.TAKEN:
            self._settle_trouble(parcel.message, outcome)
            return None
        self.later_in_a_row = 0
        self._well(parcel.message)
        self.sent += 1
        if self.sent == 1 and cache.get(TROUBLE):
            cache.delete(TROUBLE)
        following = following if self.channel.is_open() else None
        won = surely(lambda: self._settle_sent(parcel, following))
        return following if won else None

    def _settle_sent(self, parcel: Parcel, following: Parcel | None) -> bool:
        mail = self.channel.keep(parcel)
        if mail is None:
            return self._turn(parcel.message, following)
        with transaction.atomic():
            mail.save(force_insert=True)
            return self._turn(parcel.message, following)

    def _turn(self, done: Message, following: Parcel | None) -> bool:
        now = self.clock()
        if following is None:
            claiming.settle(done, State.SENT, self.me, sent_at=now, error="")
            return False
        return claiming.sent_and_claim(done, following.message, self.me, now)

    def _settle_trouble(self, message: Message, outcome: Outcome) -> None:
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
                self._down(text)
            case _ if tries >= ATTEMPTS:
                state = State.FAILED
            case _:
                state, values = State.QUEUED, {"not_before": now + timedelta(minutes=2**tries)}
        self.later_in_a_row = self.later_in_a_row + 1 if outcome.known is Known.LATER else 0
        if self.later_in_a_row >= LATER_IN_A_ROW:
            self._down(text)
        surely(lambda: claiming.settle(message, state, self.me, error=text, **values))
        if outcome.known in {Known.UNSURE, Known.REFUSED} and not outcome.of_recipient:
            self._lost(message.mailing)

    def _well(self, message: Message) -> None:
        if message.mailing_id not in self.well:
            self.well.add(message.mailing_id)
            cache.delete(f"outbox:lost:{message.mailing_id}")

    def _lost(self, mailing: Mailing) -> None:
        """Of a mailing that the server takes nothing of, keep the rest until a person has looked."""
        self.well.discard(mailing.pk)
        key = f"outbox:lost:{mailing.pk}"
        count = cache.get(key, 0) + 1  # Across runs: a server that stalls takes a run for two mails.
        cache.set(key, count, 24 * 3600)
        if count >= LOST_IN_A_ROW and mailing.purpose == Mailing.Purpose.MARKETING:
            cache.delete(key)
            mailings.pause(
                mailing,
                _("The mail server took none of many mails in a row. Look at its answers, then go on."),
            )

    def _down(self, text: str) -> None:
        self.stopped = True
        cache.set(TROUBLE, text, 3600)


def due(now: datetime) -> list[Message]:
    """The next messages to send, the most urgent first; equals in any order, so that workers meet rarely."""
    waiting = Message.objects.filter(
        state=State.QUEUED, not_before__lte=now, mailing__state=Mailing.State.OPEN
    ).select_related("mailing", "customer")
    batch = list(waiting.order_by("priority", "not_before", "id")[:BATCH])
    turn = random.randrange(len(batch)) if batch and batch[0].priority == batch[-1].priority else 0  # noqa: S311
    return batch[turn:] + batch[:turn]


def anything_due(now: datetime) -> bool:
    waiting = Message.objects.filter(state=State.QUEUED, not_before__lte=now)
    return waiting.filter(mailing__state=Mailing.State.OPEN).exists()


def drain(seconds: float = 60.0) -> int:
    """Send what is due for at most so long; returns how many were sent."""
    claiming.reclaim_lost(timezone.now())
    if channels.refusal():
        return 0
    with safely():
        return Drain(channels.channel()).run(seconds)


@contextmanager
def safely() -> Iterator[None]:
    """While mails leave, SQLite waits for the disk at each commit, as PostgreSQL always does.

    Else a power failure could undo the last claims, and their mails would go out twice. It keeps few pages in
    memory: sending touches each row once, so a long mailing needs no more than a short one.
    """
    if connection.vendor != "sqlite" or connection.in_atomic_block:
        yield
        return
    tuned = {"synchronous": 2, "mmap_size": 0, "cache_size": -2000}
    with connection.cursor() as cursor:
        before = {name: cursor.execute(f"PRAGMA {name}").fetchone()[0] for name in tuned}
        for name, value in tuned.items():
            cursor.execute(f"PRAGMA {name}={value}")
    try:
        yield
    finally:
        with suppress(DatabaseError), connection.cursor() as cursor:  # A lost connection has nothing to set.
            for name, value in before.items():
                cursor.execute(f"PRAGMA {name}={value}")


def trouble() -> str:
    """Why nothing is being sent at the moment, in words; "" when all is well."""
    text = cache.get(TROUBLE, "")
    return channels.refusal() or (gettext(text) if text else "")


def surely[T](act: Callable[[], T], waits: Iterable[float] = (0.2, 1, 3, 10)) -> T:
    """Do it, through a lost connection or a busy database too: the mail is out, so its row must say so."""
    for wait in waits:
        try:
            return act()
        except (OperationalError, InterfaceError):
            if connection.in_atomic_block:
                raise
            connection.close()
            time.sleep(wait)
    return act()


def _prepared(mailing: Mailing) -> kinds.Render | None:
    """The mailing's renderer; a mailing that cannot be written at all is paused and says why."""
    try:
        return kinds.renderer(mailing)
    except PermanentFailure as failure:
        mailings.pause(mailing, str(failure))
    except Exception as error:
        log.error("mailing %s could not be prepared: %s", mailing.pk, type(error).__name__)
        mailings.pause(mailing, _("The mails could not be written because of an error in the program."))
    return None
