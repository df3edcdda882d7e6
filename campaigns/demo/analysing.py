"""The first analysis of the invented shop: features, scores, segments, four clusters in use, pairs."""

from __future__ import annotations

from segments import lease, refresh
from segments.clusters import laboratory
from segments.recommending import affinities

CLUSTERS = 4


def analyse() -> None:
    refresh.run(None)
    prepared = laboratory.prepare(laboratory.DEFAULT_FEATURES, k=CLUSTERS, scaling="standard", seed=1)
    run = lease.claim(prepared.pk)
    if run is not None:
        laboratory.run(run)
        run.refresh_from_db()
        laboratory.use(run)
    affinities.calculate()
