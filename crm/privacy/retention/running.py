"""The nightly run: what fits is cleared in steps, and what was cleared does not fit any more.

So a run that was killed needs no checkpoint. One worker has a rule in hand: `claimed_at`, renewed as it goes.
"""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db.models import F, Q
from django.utils import timezone

from crm import audit
from crm.errors import Refusal
from crm.models import RetentionRule
from crm.privacy.retention.kinds import KEEPINGS

log = logging.getLogger(__name__)
REST = timedelta(hours=20)  # A rule runs once a night, however often the schedule asks.
STALE = timedelta(minutes=15)


def run(now: datetime) -> dict[str, int]:
    """Every rule that is on and did not run tonight; {kind: how many}."""
    due = RetentionRule.objects.filter(is_on=True).filter(Q(ran_at=None) | Q(ran_at__lte=now - REST))
    done = {}
    for one in due.order_by("kind"):
        try:
            done[one.kind] = work(one, now)
        except Refusal as refusal:  # A file is being imported: the schedule asks again in an hour.
            log.info("retention of %s waits: %s", one.kind, refusal)
    return done


def work(rule: RetentionRule, now: datetime, after_step: Callable[[int], object] = lambda n: None) -> int:
    """One rule to its end; 0 when another worker has it in hand. `after_step` hears what each step did."""
    mine = RetentionRule.objects.filter(pk=rule.pk, is_on=True)
    free = Q(claimed_at=None) | Q(claimed_at__lt=timezone.now() - STALE)
    if not mine.filter(free).update(claimed_at=timezone.now()):
        return 0
    keeping, before = KEEPINGS[rule.kind], now - timedelta(days=rule.keep_days)

    def beat() -> None:
        mine.update(claimed_at=timezone.now())

    try:
        while some := list(keeping.find(before).order_by("pk")[: keeping.at_once]):
            n = keeping.clear(some, now, beat)
            going_on = mine.update(so_far=F("so_far") + n, claimed_at=timezone.now())
            after_step(n)
            if not going_on:  # Switched off meanwhile.
                break
    finally:
        RetentionRule.objects.filter(pk=rule.pk).update(claimed_at=None)
    return _finish(rule, now)


def _finish(rule: RetentionRule, now: datetime) -> int:
    """What the run did, with the part before it was killed, if it was."""
    rule.refresh_from_db()
    count = rule.so_far
    RetentionRule.objects.filter(pk=rule.pk).update(ran_at=now, last_count=count, so_far=0)
    detail = f"{rule.kind} older than {rule.keep_days} days"
    audit.record(None, "deleted", rule, count=count, detail=detail)
    return count
