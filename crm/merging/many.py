"""All groups above a confidence in one go: a row with progress, each group a merge of its own."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Final

from django.db import transaction
from django.db.models import F, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.merging import choosing
from crm.merging.joining import merge
from crm.merging.parting import unmerge
from crm.models import BulkMerge, Customer, CustomerMerge, DuplicateGroup, User

State = BulkMerge.State
STALE: Final = timedelta(minutes=3)
LEAST: Final = 0.8  # Below this a person has to look at each group.

type Clock = Callable[[], datetime]


@transaction.atomic
def ask(confidence: float, *, by: User | None, at: datetime) -> BulkMerge:
    """Let all open groups of at least this confidence be merged; one such run at a time."""
    if not LEAST <= confidence <= 1:
        raise Refusal(_("Choose a confidence from 80 % to 100 %."))
    if BulkMerge.objects.filter(state__in=(State.QUEUED, State.RUNNING, State.UNDOING)).exists():
        raise Refusal(_("Another merge of many is still at work. Please wait until it is done."))
    total = waiting(confidence).count()
    if not total:
        raise Refusal(_("There is no group that sure."))
    return BulkMerge.objects.create(confidence=confidence, started_by=by, asked_at=at, total=total)


def waiting(confidence: float) -> QuerySet[DuplicateGroup]:
    return DuplicateGroup.objects.filter(state=DuplicateGroup.State.OPEN, confidence__gte=confidence)


def release_stale(*, at: datetime) -> list[int]:
    """Runs that wait, or whose process was killed; the latter are given back first."""
    dead = BulkMerge.objects.filter(heartbeat_at__lt=at - STALE)
    dead.filter(state=State.RUNNING).update(state=State.QUEUED)
    stuck = dead.filter(state=State.UNDOING).values_list("pk", flat=True)
    return [*BulkMerge.objects.filter(state=State.QUEUED).values_list("pk", flat=True), *stuck]


def run(bulk_id: int, *, clock: Clock = timezone.now) -> None:
    """QUEUED → RUNNING → DONE; goes on after the last group that was looked at."""
    mine = BulkMerge.objects.filter(pk=bulk_id, state=State.QUEUED)
    if not mine.update(state=State.RUNNING, heartbeat_at=clock()):
        return
    bulk = BulkMerge.objects.select_related("started_by").get(pk=bulk_id)
    running = BulkMerge.objects.filter(pk=bulk_id, state=State.RUNNING)
    rows = waiting(bulk.confidence).order_by("pk")
    while group := rows.filter(pk__gt=bulk.last_group).first():
        merged = _one(group, bulk, clock())
        step = {"merged": F("merged") + 1} if merged else {"skipped": F("skipped") + 1}
        if not running.update(last_group=group.pk, heartbeat_at=clock(), **step):
            return
        bulk.last_group = group.pk
    running.update(state=State.DONE, finished_at=clock())


def _one(group: DuplicateGroup, bulk: BulkMerge, at: datetime) -> bool:
    people = list(Customer.objects.filter(pk__in=group.members.values("customer")))
    if len(people) < 2:
        return False
    first = choosing.survivor_of(people)
    others = [one.pk for one in people if one.pk != first.pk]
    try:
        merge([first.pk, *others], by=bulk.started_by, at=at, group=group, bulk=bulk)
    except Refusal:
        return False
    return True


def ask_back(bulk_id: int, *, at: datetime) -> None:
    """DONE → UNDOING."""
    done = BulkMerge.objects.filter(pk=bulk_id, state=State.DONE)
    if not done.update(state=State.UNDOING, heartbeat_at=at, skipped=0):
        raise Refusal(_("Only a finished merge of many can be taken back, and only once."))


def run_back(bulk_id: int, *, clock: Clock = timezone.now) -> None:
    """UNDOING → UNDONE, the youngest merge first; what later changes forbid stays merged and is counted."""
    bulk = BulkMerge.objects.select_related("started_by").filter(pk=bulk_id, state=State.UNDOING).first()
    if bulk is None:
        return
    mine = BulkMerge.objects.filter(pk=bulk_id, state=State.UNDOING)
    kept = 0
    done = bulk.merges.filter(state=CustomerMerge.State.DONE).order_by("-pk")
    for pk in list(done.values_list("pk", flat=True)):
        try:
            unmerge(CustomerMerge.objects.get(pk=pk), by=bulk.started_by, at=clock())
        except Refusal:
            kept += 1
        mine.update(heartbeat_at=clock(), skipped=kept)
    mine.update(state=State.UNDONE, finished_at=clock())
