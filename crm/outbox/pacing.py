"""How fast a sender may go: a rate, a rate per mail domain, and so many within hours; kept in the database.

A worker asks for room for a batch before it writes the mails. All workers ask the same rows, under a lock, so
they keep the limits together, and a restart forgets nothing. Room that was given and not used is lost: too
slow for a moment, never too fast.
"""

from __future__ import annotations

import math
from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Sum

from crm.housekeeping import register
from crm.models import Message, Pace, PaceCount, Sender

MINUTE = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Room:
    """Who may leave now, who must wait for the own mail domain and until when, and when to ask again."""

    now: list[Message]
    later: dict[datetime, list[Message]] = field(default_factory=dict)
    again_at: datetime | None = None  # The sender as a whole must wait so long.


def steps(per_minute: int) -> tuple[int, timedelta]:
    """(so many at once, then one each …), such that no minute ever holds more than `per_minute`.

    GCRA with room for three seconds' worth: b at once and then one each 60 / (n - b + 1) seconds are n in any
    60 seconds.
    """
    at_once = max(1, per_minute // 20)
    return at_once, MINUTE / (per_minute - at_once + 1)


def free(per_minute: int, next_at: datetime, now: datetime) -> int:
    """How many may leave at this moment."""
    at_once, step = steps(per_minute)
    earliest = max(next_at, now - step * (at_once - 1))
    return max(0, math.floor((now - earliest) / step) + 1) if earliest <= now else 0


def moved_on(per_minute: int, next_at: datetime, now: datetime, taken: int) -> datetime:
    """The mark after so many were taken."""
    at_once, step = steps(per_minute)
    return max(next_at, now - step * (at_once - 1)) + step * taken


def at_once(sender: Sender | None, otherwise: int) -> int:
    """How many messages are worth fetching at a time."""
    if sender is None or not sender.per_minute:
        return otherwise
    return min(otherwise, steps(sender.per_minute)[0])


def is_limited(sender: Sender | None) -> bool:
    return sender is not None and bool(
        sender.per_minute or sender.domain_per_minute or sender.window_messages
    )


def domain_of(address: str) -> str:
    return address.rpartition("@")[2].lower()[:254]


@transaction.atomic
def reserve(sender: Sender, messages: Sequence[Message], now: datetime) -> Room:
    """Take room for as many of these messages as the limits allow, in their order."""
    Pace.objects.bulk_create([Pace(sender=sender, next_at=now - MINUTE)], ignore_conflicts=True)
    own = Pace.objects.select_for_update().get(sender=sender, domain="")
    most, again_at = len(messages), None
    if sender.per_minute:
        most = min(most, free(sender.per_minute, own.next_at, now))
        again_at = own.next_at if not most else None
    if sender.window_messages and most:
        left, opens_at = window(sender, now)
        most, again_at = min(most, left), None if left else opens_at
    if not most:
        return Room([], again_at=again_at or now + MINUTE)
    chosen, later = _by_domain(sender, messages, most, now)
    if sender.per_minute:
        own.next_at = moved_on(sender.per_minute, own.next_at, now, len(chosen))
        own.save(update_fields=["next_at"])
    if sender.window_messages and chosen:
        _count(sender, len(chosen), now)
    return Room(chosen, later)


def window(sender: Sender, now: datetime) -> tuple[int, datetime | None]:
    """How many the sliding window has room for, and when it opens again where it has none."""
    since = now - timedelta(hours=sender.window_hours) - MINUTE  # A minute counts until its end is out.
    counted = PaceCount.objects.filter(sender=sender, at__gt=since).order_by("at")
    used = counted.aggregate(n=Sum("n"))["n"] or 0
    left = max(0, sender.window_messages - used)
    if left:
        return left, None
    first = counted.first()
    span = timedelta(hours=sender.window_hours) + MINUTE
    return 0, (first.at + span) if first else now + MINUTE


def _count(sender: Sender, n: int, now: datetime) -> None:
    """Under the lock of the sender's pace, so nobody else counts at the same time."""
    minute = now.replace(second=0, microsecond=0)
    row, made = PaceCount.objects.get_or_create(sender=sender, at=minute, defaults={"n": n})
    if not made:
        row.n += n
        row.save(update_fields=["n"])


def _by_domain(
    sender: Sender, messages: Sequence[Message], most: int, now: datetime
) -> tuple[list[Message], dict[datetime, list[Message]]]:
    rate = sender.domain_per_minute
    if not rate:
        return list(messages[:most]), {}
    marks = _marks(sender, (domain_of(one.to_email) for one in messages), now)
    room = {domain: free(rate, mark.next_at, now) for domain, mark in marks.items()}
    chosen: list[Message] = []
    waiting: Counter[str] = Counter()
    later: dict[datetime, list[Message]] = {}
    taken: Counter[str] = Counter()
    for one in messages:
        domain = domain_of(one.to_email)
        if room[domain] > taken[domain]:
            if len(chosen) < most:
                taken[domain] += 1
                chosen.append(one)
            continue
        waiting[domain] += 1
        later.setdefault(_its_turn(rate, marks[domain].next_at, now, waiting[domain]), []).append(one)
    for domain, n in taken.items():
        marks[domain].next_at = moved_on(rate, marks[domain].next_at, now, n)
    Pace.objects.bulk_update([marks[domain] for domain in taken], ["next_at"])
    return chosen, later


def _its_turn(rate: int, next_at: datetime, now: datetime, place: int) -> datetime:
    """About when the message at this place of the queue gets its room, in whole steps of ten seconds."""
    at = max(next_at, now) + steps(rate)[1] * place
    return at + timedelta(seconds=10 - at.second % 10, microseconds=-at.microsecond)


def _marks(sender: Sender, domains: Iterable[str], now: datetime) -> dict[str, Pace]:
    wanted = set(domains)
    fresh = [Pace(sender=sender, domain=domain, next_at=now - MINUTE) for domain in sorted(wanted)]
    Pace.objects.bulk_create(fresh, ignore_conflicts=True)
    found = Pace.objects.filter(sender=sender, domain__in=wanted).exclude(domain="")
    marks = {one.domain: one for one in found}
    if "" in wanted:  # An address that is none; it fails later, at its own cost.
        marks[""] = Pace(sender=sender, next_at=now - MINUTE, pk=0)
    return marks


@register
def forget_counts(now: datetime) -> None:
    """What no window reaches any more."""
    PaceCount.objects.filter(at__lt=now - timedelta(days=32)).delete()
    Pace.objects.filter(next_at__lt=now - timedelta(days=1)).exclude(domain="").delete()
