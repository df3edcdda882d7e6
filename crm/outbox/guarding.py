"""When a mailing is stopped by itself: too many addresses that are dead, too many complaints, a server that
takes nothing. A person looks, and says go on; then only what happens afterwards counts.

Limits and their sources: providers stop senders at 5 % returned and 0.3 % complaints. Judged from 100 mails
on, and by the lower end of the Wilson interval, so that three unlucky addresses of fifty stop nothing.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime

from django.core.cache import cache
from django.db.models import Count, Q
from django.utils.translation import gettext_noop as _  # Stored in English, translated where it is shown.

from crm.models import DeliveryEvent, Mailing, Message
from crm.outbox import mailings

LEAST = 100
MOST_RETURNED = 0.05
MOST_COMPLAINTS = 0.003
MOST_LOST = 0.05  # The error budget: mails that the server refused for our sake, or of which nobody knows.
LOST_IN_A_ROW = 10  # So many refused or unsure in a row mean the server, not the people: the rest waits.
Z = 1.959964
RETURNED = _("Too many addresses do not exist (over 5 %). Look where they come from, then go on.")
COMPLAINED = _("Too many people marked it as spam (over 0.3 %). Look at whom you write to, then go on.")
LOST = _("The mail server refused too many mails (over 5 %). Look at its answers, then go on.")
NOTHING_TAKEN = _("The mail server took none of many mails in a row. Look at its answers, then go on.")


def wilson_low(k: int, n: int, z: float = Z) -> float:
    """The lower end of the 95 % Wilson interval of k of n (Wilson 1927)."""
    if n <= 0:
        return 0.0
    p, zz = k / n, z * z
    middle = p + zz / (2 * n)
    spread = z * math.sqrt(p * (1 - p) / n + zz / (4 * n * n))
    return max(0.0, (middle - spread) / (1 + zz / n))


@dataclass(frozen=True, slots=True)
class Tally:
    """How a mailing fares. `tried` are sent, unsure and refused ones."""

    tried: int
    returned: int
    complained: int
    lost: int

    def since(self, forgiven: Mapping[str, int]) -> Tally:
        """Only what happened after a person said go on."""
        return Tally(
            self.tried - forgiven.get("tried", 0),
            self.returned - forgiven.get("returned", 0),
            self.complained - forgiven.get("complained", 0),
            self.lost - forgiven.get("lost", 0),
        )

    def as_dict(self) -> dict[str, int]:
        return {
            "tried": self.tried,
            "returned": self.returned,
            "complained": self.complained,
            "lost": self.lost,
        }


def verdict(tally: Tally) -> str:
    """Why a mailing with these figures must stop; "" when it may go on."""
    if tally.tried < LEAST:
        return ""
    if wilson_low(tally.complained, tally.tried) > MOST_COMPLAINTS:
        return COMPLAINED
    if wilson_low(tally.returned, tally.tried) > MOST_RETURNED:
        return RETURNED
    if wilson_low(tally.lost, tally.tried) > MOST_LOST:
        return LOST
    return ""


def tally(mailing: Mailing) -> Tally:
    tried = Q(state__in=[Message.State.SENT, Message.State.UNSURE, Message.State.FAILED], attempts__gt=0)
    lost = Q(state__in=[Message.State.UNSURE, Message.State.FAILED], attempts__gt=0)
    counted = mailing.messages.aggregate(tried=Count("pk", filter=tried), lost=Count("pk", filter=lost))
    kinds = DeliveryEvent.objects.filter(mailing=mailing).order_by().values_list("kind")
    said = dict(kinds.annotate(n=Count("message", distinct=True)))
    returned = said.get(DeliveryEvent.Kind.HARD, 0)
    refused = DeliveryEvent.objects.filter(mailing=mailing, source="smtp").count()
    return Tally(
        counted["tried"],
        returned,
        said.get(DeliveryEvent.Kind.COMPLAINED, 0),
        max(0, counted["lost"] - refused),
    )


def look(mailing: Mailing) -> bool:
    """Pause a marketing mailing that does harm; True when it was paused now."""
    if mailing.purpose != Mailing.Purpose.MARKETING or mailing.state != Mailing.State.OPEN:
        return False
    reason = verdict(tally(mailing).since(mailing.forgiven))
    return bool(reason) and mailings.pause(mailing, reason)


def forgive(mailing: Mailing) -> None:
    """A person has looked and says go on."""
    Mailing.objects.filter(pk=mailing.pk).update(forgiven=tally(mailing).as_dict())
    went_well(mailing.pk)


def refused(message: Message, answer: str, *, at: datetime) -> None:
    """The server refuses this one address: as good as a mail that came back."""
    from crm.outbox.returns import taking  # It asks here whether the mailing must stop.

    taking.refused(message, answer, at=at)


def _key(mailing_id: int) -> str:
    return f"outbox:lost:{mailing_id}"


def went_well(mailing_id: int) -> None:
    cache.delete(_key(mailing_id))


def lost(mailing: Mailing) -> None:
    """Of a mailing that the server takes nothing of, keep the rest until a person has looked."""
    count = cache.get(_key(mailing.pk), 0) + 1  # Across runs: a server that stalls takes a run for two mails.
    cache.set(_key(mailing.pk), count, 24 * 3600)
    if mailing.purpose != Mailing.Purpose.MARKETING:
        return
    if count >= LOST_IN_A_ROW:
        cache.delete(_key(mailing.pk))
        mailings.pause(mailing, NOTHING_TAKEN)
    elif count % 5 == 0:
        look(Mailing.objects.get(pk=mailing.pk))
