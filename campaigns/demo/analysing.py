"""The first analysis of the invented shop: features, scores, segments, clusters, pairs, comments."""

from __future__ import annotations

from django.utils import timezone

from campaigns.demo import remembering
from feedback import reading
from segments import lease, refresh
from segments.clusters import laboratory
from segments.models import ScoringRun
from segments.recommending import affinities

CLUSTERS = 4


def analyse() -> None:
    refresh.run(None)
    remembering.remember()
    _group(3)  # To compare with; the four below are in use.
    if run := _group(CLUSTERS):
        laboratory.use(run)
    affinities.calculate()
    reading.work(timezone.now())


def _group(k: int) -> ScoringRun | None:
    prepared = laboratory.prepare(laboratory.DEFAULT_FEATURES, k=k, scaling="standard", seed=1)
    run = lease.claim(prepared.pk)
    if run is not None:
        laboratory.run(run)
        run.refresh_from_db()
    return run
