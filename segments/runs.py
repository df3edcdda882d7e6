"""How a calculation reaches a worker, and what pages tell of it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Self

from django.db import transaction
from django.utils.functional import Promise

from crm.models import WorkerHeartbeat
from segments.models import ScoringRun


def send(pk: int) -> None:
    """Hand a run to a worker once this transaction is through; if the queue is down, the sweep will."""
    from segments.tasks import run_scoring  # Loads Celery's part only where something is sent.

    transaction.on_commit(lambda: run_scoring.delay(pk), robust=True)


@dataclass(frozen=True, slots=True)
class Status:
    """The calculation of one kind that is under way, and the last one that ended."""

    active: ScoringRun | None
    last: ScoringRun | None
    worker: bool
    steps: Mapping[str, str | Promise]

    @classmethod
    def of(cls, kind: str, steps: Mapping[str, str | Promise]) -> Self:
        State = ScoringRun.State
        known = ScoringRun.objects.filter(kind=kind)
        active = known.filter(state__in=[State.QUEUED, State.RUNNING]).order_by("pk").first()
        last = known.filter(state__in=[State.DONE, State.FAILED]).first()
        return cls(active, last, WorkerHeartbeat.anybody_there(), steps)

    @property
    def failed(self) -> ScoringRun | None:
        """The last one, if it went wrong and none is under way."""
        ended_badly = self.last is not None and self.last.state == ScoringRun.State.FAILED
        return self.last if ended_badly and not self.active else None

    @property
    def step(self) -> str:
        return str(self.steps.get(self.active.progress.get("step", ""), "")) if self.active else ""

    @property
    def share(self) -> int:
        """How far it is, in percent: each step is as long as the others."""
        progress = self.active.progress if self.active else {}
        if progress.get("step") not in self.steps:
            return 0
        inside = progress["done"] / progress["of"] if progress.get("of") else 0
        return round(100 * (list(self.steps).index(progress["step"]) + inside) / len(self.steps))
