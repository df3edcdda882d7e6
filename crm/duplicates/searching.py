"""The look through the whole base as a row with progress: asked for, claimed, run, its groups stored."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from itertools import batched
from typing import Final

from django.db import transaction
from django.utils import timezone

from crm import bulk
from crm.duplicates import finding, records
from crm.duplicates.finding import Found
from crm.models import DuplicateGroup, DuplicateMember, DuplicateSearch, User

State = DuplicateSearch.State
STALE: Final = timedelta(minutes=3)
KEPT: Final = timedelta(days=30)
AT_ONCE: Final = 500
GROUP_COLUMNS: Final = ("id", "key", "state", "confidence", "reasons", "found_at")

type Clock = Callable[[], datetime]


def ask(by: User | None, *, at: datetime) -> DuplicateSearch:
    """The search that waits or runs already, or a new one."""
    busy = DuplicateSearch.objects.filter(state__in=(State.QUEUED, State.RUNNING)).first()
    return busy or DuplicateSearch.objects.create(started_by=by, asked_at=at)


def claim(search_id: int, *, at: datetime) -> bool:
    """QUEUED → RUNNING; False when somebody else has it."""
    waiting = DuplicateSearch.objects.filter(pk=search_id, state=State.QUEUED)
    return bool(waiting.update(state=State.RUNNING, heartbeat_at=at))


def release_stale(*, at: datetime) -> int | None:
    """RUNNING → QUEUED for a search whose process was killed; returns the one that should run next."""
    DuplicateSearch.objects.filter(state=State.RUNNING, heartbeat_at__lt=at - STALE).update(
        state=State.QUEUED
    )
    return DuplicateSearch.objects.filter(state=State.QUEUED).values_list("pk", flat=True).first()


def run(search_id: int, *, clock: Clock = timezone.now) -> bool:
    """Claim the search and bring it to its end; False when it is not ours to run."""
    if not claim(search_id, at=clock()):
        return False
    mine = DuplicateSearch.objects.filter(pk=search_id, state=State.RUNNING)

    def progress(done: int, everything: int) -> None:
        mine.update(done_pairs=done, compared=everything, heartbeat_at=clock())

    try:
        people = records.everybody()
        mine.update(customers=len(people), heartbeat_at=clock())
        found = finding.find(people, threshold=finding.SHOWN, progress=progress)
        groups = store(found, at=clock())
    except Exception:
        mine.update(state=State.FAILED, finished_at=clock())
        raise
    mine.update(state=State.DONE, finished_at=clock(), groups=groups)
    return True


def key_of(ids: Sequence[int]) -> str:
    """One name for one set of people."""
    return hashlib.sha256(",".join(map(str, sorted(ids))).encode()).hexdigest()[:32]


@transaction.atomic
def store(found: Found, *, at: datetime) -> int:
    """Open groups become those of this search; what people decided stays. Returns how many are open."""
    groups = {key_of(found.ids(group)): group for group in found.groups}
    known = dict(DuplicateGroup.objects.values_list("key", "state"))
    gone = [key for key, state in known.items() if state == DuplicateGroup.State.OPEN and key not in groups]
    for some in batched(gone, AT_ONCE):
        DuplicateGroup.objects.filter(key__in=some, state=DuplicateGroup.State.OPEN).delete()
    still = [key for key in groups if known.get(key) == DuplicateGroup.State.OPEN]
    for some in batched(still, AT_ONCE):
        rows = list(DuplicateGroup.objects.filter(key__in=some))
        for row in rows:
            row.confidence = groups[row.key].confidence
            row.reasons = [list(reason) for reason in found.reasons_of(groups[row.key])]
        DuplicateGroup.objects.bulk_update(rows, ["confidence", "reasons"])
    fresh = [key for key in groups if key not in known]
    numbers = bulk.reserve(DuplicateGroup, len(fresh)) if fresh else []
    bulk.write(
        DuplicateGroup,
        GROUP_COLUMNS,
        (
            (
                number,
                key,
                DuplicateGroup.State.OPEN.value,
                groups[key].confidence,
                bulk.json_text(found.reasons_of(groups[key])),
                str(at.replace(tzinfo=None)),
            )
            for number, key in zip(numbers, fresh, strict=True)
        ),
    )
    bulk.write(
        DuplicateMember,
        ("group_id", "customer_id"),
        (
            (number, person)
            for number, key in zip(numbers, fresh, strict=True)
            for person in found.ids(groups[key])
        ),
    )
    return len(still) + len(fresh)


def forget_old(now: datetime) -> None:
    DuplicateSearch.objects.filter(finished_at__lt=now - KEPT).delete()
