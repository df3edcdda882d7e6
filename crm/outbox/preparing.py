"""From what is due to what can be handed over: asked again whether it may leave, given room, then written."""

from __future__ import annotations

import logging
import time
from collections import defaultdict
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext_noop as _  # Stored in English, translated where it is shown.

from crm.consent import email_hash
from crm.errors import PermanentFailure
from crm.models import Mailing, Message, Sender, Suppression
from crm.outbox import claiming, governor, kinds, mailings, mime, pacing, reasons, returning, senders
from crm.outbox.mime import Parcel

log = logging.getLogger(__name__)
State = Message.State
FRESH = 5.0  # Seconds for which what all mails of a mailing share is kept.
UNWRITTEN = _("Many mails in a row could not be written. Look at the design.")
BROKEN_IN_A_ROW = 10  # So many failing renders in a row mean the template, not the people.


@dataclass(frozen=True, slots=True)
class Ready:
    """Mails to hand over, and when to ask again where the sender's limits hold some back."""

    parcels: list[Parcel]
    again_at: datetime | None = None


class Preparing:
    """Of one run; `moved` counts what was settled or postponed here."""

    def __init__(self, clock: Callable[[], datetime]) -> None:
        self.clock = clock
        self.moved = 0
        self.broken: defaultdict[int, int] = defaultdict(int)
        self.renders: dict[int, kinds.Render | None] = {}
        self.prepared_at = time.monotonic()

    def ready(self, batch: list[Message], sender: Sender | None) -> Ready:
        """The messages of a batch that may leave, written; the others are settled here, or wait."""
        messages = self._allowed(batch)
        again_at = None
        if sender is not None and pacing.is_limited(sender) and messages:
            room = pacing.reserve(sender, messages, self.clock())
            messages, again_at = room.now, room.again_at
            for at, some in room.later.items():
                self._postpone(some, at, reasons.PACED)
        if time.monotonic() - self.prepared_at > FRESH:  # What is shared may have changed.
            self.renders, self.prepared_at = {}, time.monotonic()
        returns = returning.address_for(sender)
        parcels = [parcel for one in messages for parcel in self._written(one, sender, returns)]
        return Ready(parcels, again_at)

    def _allowed(self, batch: list[Message]) -> list[Message]:
        hashes = [email_hash(one.to_email) for one in batch]
        blocked = set(Suppression.objects.filter(email_hash__in=hashes).values_list("email_hash", flat=True))
        may = []
        for message in batch:
            if reason := reasons.skip_reason(message, message.customer, blocked):
                self._leave_out(message, State.SKIPPED, reason=reason)
            else:
                may.append(message)
        verdicts = governor.judge(may, self.clock())
        waiting: defaultdict[tuple[datetime, str], list[Message]] = defaultdict(list)
        for message in may:
            if (verdict := verdicts.get(message.pk)) is None:
                continue
            if verdict.at is None:
                self._leave_out(message, State.SKIPPED, reason=verdict.reason)
            else:
                waiting[verdict.at, verdict.reason].append(message)
        for (at, reason), some in waiting.items():
            self._postpone(some, at, reason)
        return [one for one in may if one.pk not in verdicts]

    def _postpone(self, messages: list[Message], at: datetime, reason: str) -> None:
        self.moved += claiming.postpone(messages, at, reason)

    def _written(self, message: Message, sender: Sender | None, returns: returning.Address) -> list[Parcel]:
        if message.mailing_id not in self.renders:
            self.renders[message.mailing_id] = _prepared(message.mailing)
        render = self.renders[message.mailing_id]
        if render is None:
            return []
        try:
            envelope = senders.dressed(render(message), sender)
            parcel = mime.assemble(
                message, envelope, now=self.clock(), sender_of=sender, returns=returns.of(message)
            )
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
        error = _("The mail could not be written because of an error in the program.")
        self._leave_out(message, State.FAILED, error=error)
        self.broken[message.mailing_id] += 1
        if self.broken[message.mailing_id] >= BROKEN_IN_A_ROW:
            mailings.pause(message.mailing, UNWRITTEN)


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
