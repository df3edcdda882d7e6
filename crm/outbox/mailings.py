"""Opening, filling, stopping and counting mailings."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import batched
from typing import Any

from django.db import transaction
from django.db.models import Count

from crm.errors import Refusal
from crm.models import Mailing, Message, Sender

State = Message.State
ORDINARY = 5
COUNTED = (
    State.QUEUED,
    State.SENDING,
    State.SENT,
    State.FAILED,
    State.UNSURE,
    State.HELD_OUT,
    State.CANCELLED,
)


def open_mailing(source: str, *, kind: str, name: str, purpose: str, **more: Any) -> Mailing:
    """The mailing of this source, made on the first call.

    `more`: `sender` (marketing: the usual one, where none is given), `priority` (lower goes first),
    `timing`, `expires_at` (who cannot be written to until then is left out).
    """
    found = Mailing.objects.filter(source=source).first()
    if found is not None:
        return found
    if purpose == Mailing.Purpose.MARKETING and more.get("sender") is None:
        more["sender"] = Sender.objects.filter(is_usual=True, is_active=True).first()
    defaults = {"kind": kind, "name": name[:200], "purpose": purpose, **more}
    return Mailing.objects.get_or_create(source=source, defaults=defaults)[0]


def plan(mailing: Mailing, drafts: Iterable[Message]) -> int:
    """Store messages; keys the mailing already has are left as they are. Returns how many are new.

    Drafts need `key`, `to_email` and mostly `customer`; planning itself may set SKIPPED with a reason or
    HELD_OUT. May be repeated after a crash with the same drafts.
    """
    before = mailing.messages.count()
    for some in batched(drafts, 1000):
        for draft in some:
            draft.mailing = mailing
            if draft.priority == ORDINARY:
                draft.priority = mailing.priority
        Message.objects.bulk_create(some, ignore_conflicts=True)
    return mailing.messages.count() - before


def pause(mailing: Mailing, reason: str = "") -> bool:
    """Stop after the message that is in hand now. True when the mailing was open."""
    return _move(mailing, (Mailing.State.OPEN,), Mailing.State.PAUSED, reason)


def resume(mailing: Mailing) -> bool:
    """Go on where it stopped. True when the mailing was paused."""
    return _move(mailing, (Mailing.State.PAUSED,), Mailing.State.OPEN, "")


def cancel(mailing: Mailing, reason: str = "") -> int:
    """Close the mailing for good; what still waits becomes CANCELLED, what is out stays. Returns how many."""
    _move(mailing, (Mailing.State.OPEN, Mailing.State.PAUSED), Mailing.State.CLOSED, reason)
    return cancel_queued([mailing.pk])


@transaction.atomic
def cancel_queued(mailing_ids: Iterable[int]) -> int:
    """Cancel what waits in these mailings; rows that a worker is just claiming wait for the next sweep."""
    waiting = Message.objects.filter(mailing__in=list(mailing_ids), state=State.QUEUED)
    free = waiting.select_for_update(skip_locked=True).values("pk")  # Waiting for them could deadlock.
    return Message.objects.filter(pk__in=free, state=State.QUEUED).update(state=State.CANCELLED)


def counts(mailing: Mailing) -> dict[str, Any]:
    """How many messages are in which state; everything but `audience` adds up to `audience`."""
    found = mailing.messages.order_by().values_list("state", "reason").annotate(n=Count("pk"))
    answer: dict[str, Any] = {"audience": 0, **{state.value: 0 for state in COUNTED}, "skipped": {}}
    for state, reason, n in found:
        answer["audience"] += n
        if state == State.SKIPPED:
            answer["skipped"][reason] = answer["skipped"].get(reason, 0) + n
        else:
            answer[state] += n
    return answer


def is_finished(mailing: Mailing) -> bool:
    """Whether nothing waits or is in hand any more."""
    return not mailing.messages.filter(state__in=[State.QUEUED, State.SENDING]).exists()


def send_again(message: Message) -> None:
    """Put an UNSURE message back into the queue because a person decided so."""
    if message.mailing.purpose == Mailing.Purpose.MARKETING:
        raise Refusal("Marketing mail is never sent twice: this one may already have arrived.")
    queued = {"state": State.QUEUED, "error": "", "claimed_by": "", "claimed_at": None, "attempts": 0}
    if not Message.objects.filter(pk=message.pk, state=State.UNSURE).update(**queued):
        raise Refusal("This message is not unsure any more.")


def _move(mailing: Mailing, froms: tuple[str, ...], to: str, reason: str) -> bool:
    moved = Mailing.objects.filter(pk=mailing.pk, state__in=froms).update(state=to, reason=reason[:300])
    mailing.refresh_from_db(fields=["state", "reason"])
    return bool(moved)
