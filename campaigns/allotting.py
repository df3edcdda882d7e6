"""Who is held out and who gets which version: drawn by a hash, so that a repeated planning draws the same.

A person's place in an experiment or a hold-out depends on its number and theirs alone. The hold-out from
all campaigns turns: everybody has a fixed place in the circle, and each quarter takes the next part of it, so
that nobody is held out twice in a row and in time everybody is once.
"""

from __future__ import annotations

from collections import defaultdict
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, timedelta
from hashlib import blake2b
from itertools import batched
from typing import NamedTuple

from django.db import transaction

from campaigns.models import Campaign, Experiment
from crm import bulk
from crm.models import Business, Mailing, Message
from crm.outbox import reasons
from segments.numerics import trials

CHUNK = 5000
WAITING = "*"  # The rest, while the winner is not known.
NEVER = datetime(2200, 1, 1, tzinfo=UTC)


def place(salt: str, customer_id: int) -> float:
    """Where somebody stands between nought and one, the same each time."""
    digest = blake2b(f"{salt}:{customer_id}".encode(), digest_size=8).digest()
    return int.from_bytes(digest) / 2**64


def quarter(day: date) -> int:
    """Quarters are counted through, so that their parts of the circle follow each other."""
    return day.year * 4 + (day.month - 1) // 3


def is_held_from_all(customer_id: int, percent: int, day: date) -> bool:
    share = percent / 100
    turned = (place("holdout", customer_id) - quarter(day) * share) % 1.0
    return turned < share


class Lot(NamedTuple):
    """What was drawn for somebody, as the message keeps it."""

    state: str = Message.State.QUEUED
    reason: str = ""
    arm: str = ""
    not_before: datetime | None = None  # None: as planned.


@dataclass(frozen=True, slots=True)
class Allotment:
    """What is drawn for each receiver of one campaign."""

    campaign_id: int
    held_percent: int
    held_from_all: int
    day: date
    starts_at: datetime
    experiment_id: int = 0
    share: float = 1.0
    hours_later: tuple[int, ...] = ()  # Of each arm; () without an experiment.

    @property
    def decides(self) -> bool:
        return bool(self.held_from_all or self.held_percent or self.hours_later)

    def of(self, person: int) -> Lot | None:
        """What somebody who may get it draws; None when nothing is decided about them."""
        if self.held_from_all and is_held_from_all(person, self.held_from_all, self.day):
            return Lot(Message.State.HELD_OUT, reasons.HELD_FROM_ALL)
        if self.held_percent and place(f"held:{self.campaign_id}", person) < self.held_percent / 100:
            return Lot(Message.State.HELD_OUT, reasons.HELD_FROM_THIS)
        if self.hours_later:
            return self._part(place(f"test:{self.experiment_id}", person))
        return None

    def _part(self, where: float) -> Lot:
        if where >= self.share:
            return Lot(arm=WAITING, not_before=NEVER)
        arm = min(int(where / self.share * len(self.hours_later)), len(self.hours_later) - 1)
        hours = self.hours_later[arm]
        later = self.starts_at + timedelta(hours=hours) if hours else None
        return Lot(arm=chr(ord("a") + arm), not_before=later)


def draw(drawn: Allotment, mailing: Mailing) -> None:
    """Decide about everybody of this mailing who may get it; equal decisions are written together."""
    if not drawn.decides:
        return
    waiting = Message.objects.filter(mailing=mailing, state=Message.State.QUEUED).order_by("pk")
    alike: defaultdict[Lot, list[int]] = defaultdict(list)
    for pk, person in waiting.values_list("pk", "customer_id").iterator(chunk_size=CHUNK):
        if lot := drawn.of(person or 0):
            alike[lot].append(pk)
    for lot, numbers in alike.items():
        values = {name: value for name, value in lot._asdict().items() if value or name == "arm"}
        for some in batched(numbers, CHUNK):
            found = Message.objects.filter(pk__in=bulk.numbers(some), state=Message.State.QUEUED)
            found.update(**values)


def of(campaign: Campaign, business: Business, *, now: datetime) -> Allotment:
    """What will be drawn for this campaign, and the experiment begins."""
    starts_at = campaign.started_at or now
    plain = Allotment(
        campaign.pk,
        campaign.holdout_percent,
        business.holdout_percent,
        business.today(starts_at),
        starts_at,
    )
    experiment = Experiment.objects.filter(campaign=campaign).first()
    if experiment is None:
        return plain
    later = tuple(experiment.arms.order_by("letter").values_list("hours_later", flat=True))
    if len(later) < 2:
        return plain
    _begin(experiment, starts_at, max(later))
    return replace(plain, experiment_id=experiment.pk, share=experiment.share / 100, hours_later=later)


@transaction.atomic
def _begin(experiment: Experiment, starts_at: datetime, latest: int) -> None:
    """Fix, before anything is known, when it is read and how many people it needs."""
    base = experiment.base_percent / 100
    planned = trials.sample_size(base, min(base + experiment.worth_percent / 100, 1.0))
    Experiment.objects.filter(pk=experiment.pk, state=Experiment.State.DRAFT).update(
        state=Experiment.State.RUNNING,
        planned=planned,
        ends_at=starts_at + timedelta(hours=experiment.hours + latest),
    )
