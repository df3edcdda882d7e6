"""Who works on a calculation: claims, signs of life, and what happens to the runs of killed workers."""

from __future__ import annotations

import os
import socket
from collections.abc import Callable
from datetime import datetime, timedelta
from typing import Any

from django.db import IntegrityError, transaction
from django.utils import timezone
from django.utils.translation import gettext as _

from segments.models import ScoringRun

STALE = timedelta(minutes=3)
LOST = timedelta(minutes=1)  # A waiting run whose task may have been lost.
TRIES = 3
type Progress = Callable[[int, int], None]


class Superseded(Exception):
    """Another worker took this run over while we were thought dead; what we computed is dropped."""


def claim(pk: int, *, now: datetime | None = None) -> ScoringRun | None:
    """Take one waiting run, or nothing when it is taken or another refresh is running."""
    now = now or timezone.now()
    waiting = ScoringRun.objects.filter(pk=pk, state=ScoringRun.State.QUEUED)
    try:
        with transaction.atomic():
            won = waiting.update(
                state=ScoringRun.State.RUNNING, started_at=now, heartbeat_at=now, finished_at=None, error=""
            )
    except IntegrityError:  # One refresh runs at a time.
        return None
    if not won:
        return None
    run = ScoringRun.objects.get(pk=pk)
    tries = int(run.progress.get("tries", 0)) + 1
    beat(run, {"tries": tries, "host": socket.gethostname(), "pid": os.getpid()})
    return run


def beat(run: ScoringRun, progress: dict[str, Any]) -> None:
    """Show where the work is and that we live; raises Superseded when the run is no longer ours."""
    run.progress = {**run.progress, **progress}
    _held(run, progress=run.progress, heartbeat_at=timezone.now())


def step(run: ScoringRun, name: str) -> Progress:
    """Begin a step; the returned function tells how far it is."""
    beat(run, {"step": name, "done": 0, "of": 0})
    return lambda done, of: beat(run, {"done": done, "of": of})


def finish(run: ScoringRun, **values: Any) -> None:
    _held(run, state=ScoringRun.State.DONE, finished_at=timezone.now(), **values)
    run.refresh_from_db()


def fail(run: ScoringRun, reason: str) -> None:
    """Settle a run that went wrong, unless somebody else holds it by now."""
    held = ScoringRun.objects.filter(pk=run.pk, state=ScoringRun.State.RUNNING, started_at=run.started_at)
    held.update(state=ScoringRun.State.FAILED, finished_at=timezone.now(), error=reason[:300])


def release_stalled(now: datetime) -> list[int]:
    """Put the runs of dead workers back in the queue; returns all runs that need a task.

    After three tries a run is given up, so that one that kills its worker does not do so forever.
    """
    for run in ScoringRun.objects.filter(state=ScoringRun.State.RUNNING):
        if not is_dead(run, now):
            continue
        mine = ScoringRun.objects.filter(pk=run.pk, state=ScoringRun.State.RUNNING, started_at=run.started_at)
        if int(run.progress.get("tries", 1)) < TRIES:
            mine.update(state=ScoringRun.State.QUEUED)
        else:
            reason = _("Stopped three times in the middle. Please look at the memory of the machine.")
            mine.update(state=ScoringRun.State.FAILED, finished_at=now, error=reason)
    waiting = ScoringRun.objects.filter(state=ScoringRun.State.QUEUED, created_at__lt=now - LOST)
    return list(waiting.order_by("pk").values_list("pk", flat=True))


def is_dead(run: ScoringRun, now: datetime) -> bool:
    """Whether nobody works on a RUNNING run any more: silent for minutes, or its process is gone."""
    if run.heartbeat_at is None or run.heartbeat_at < now - STALE:
        return True
    pid = run.progress.get("pid")
    if not pid or run.progress.get("host") != socket.gethostname():
        return False
    try:
        os.kill(int(pid), 0)
    except ProcessLookupError:
        return True
    except PermissionError:
        return False
    return False


def _held(run: ScoringRun, **values: Any) -> None:
    held = ScoringRun.objects.filter(pk=run.pk, state=ScoringRun.State.RUNNING, started_at=run.started_at)
    if not held.update(**values):
        raise Superseded(f"calculation {run.pk}")
