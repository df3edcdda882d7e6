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

from django.db import transaction

from campaigns.models import Campaign, Experiment
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


@dataclass(slots=True)
class Draft:
    """Of a message only what is decided here: making whole ones costs more than all the rest."""

    customer_id: int | None
    not_before: datetime
    state: str = Message.State.QUEUED
    reason: str = ""
    arm: str = ""


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

    def give(self, draft: Draft) -> None:
        """Decide about a draft of somebody who may get it."""
        person = draft.customer_id or 0
        if self.held_from_all and is_held_from_all(person, self.held_from_all, self.day):
            draft.state, draft.reason = Message.State.HELD_OUT, reasons.HELD_FROM_ALL
        elif self.held_percent and place(f"held:{self.campaign_id}", person) < self.held_percent / 100:
            draft.state, draft.reason = Message.State.HELD_OUT, reasons.HELD_FROM_THIS
        elif self.hours_later:
            self._take_part(draft, place(f"test:{self.experiment_id}", person))

    @property
    def decides(self) -> bool:
        return bool(self.held_from_all or self.held_percent or self.hours_later)

    def _take_part(self, draft: Draft, where: float) -> None:
        if where >= self.share:
            draft.arm, draft.not_before = WAITING, NEVER
            return
        arm = min(int(where / self.share * len(self.hours_later)), len(self.hours_later) - 1)
        draft.arm = chr(ord("a") + arm)
        if self.hours_later[arm]:
            draft.not_before = self.starts_at + timedelta(hours=self.hours_later[arm])


def draw(drawn: Allotment, mailing: Mailing) -> None:
    """Decide about everybody of this mailing who may get it; equal decisions are written together."""
    if not drawn.decides:
        return
    waiting = Message.objects.filter(mailing=mailing, state=Message.State.QUEUED).order_by("pk")
    alike: defaultdict[tuple[str, str, str, datetime | None], list[int]] = defaultdict(list)
    for pk, person in waiting.values_list("pk", "customer_id").iterator(chunk_size=CHUNK):
        draft = Draft(person, drawn.starts_at)
        drawn.give(draft)
        if draft.state == Message.State.QUEUED and not draft.arm:
            continue  # Nothing was drawn for them: nearly all, where only a few are held out.
        later = draft.not_before if draft.not_before != drawn.starts_at else None
        alike[draft.state, draft.reason, draft.arm, later].append(pk)
    for (state, reason, arm, later), numbers in alike.items():
        values: dict[str, object] = {"state": state, "arm": arm}
        if later is not None:
            values["not_before"] = later
        if state == Message.State.HELD_OUT:
            values["reason"] = reason
        for some in batched(numbers, CHUNK):
            Message.objects.filter(pk__in=some, state=Message.State.QUEUED).update(**values)


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
