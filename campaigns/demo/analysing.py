"""The first analysis of the invented shop: features, scores, segments, four clusters in use, pairs."""

from __future__ import annotations

from segments import affinities, clusters, lease, refresh

CLUSTERS = 4


def analyse() -> None:
    refresh.run(None)
    prepared = clusters.prepare(clusters.DEFAULT_FEATURES, k=CLUSTERS, scaling="standard", seed=1)
    run = lease.claim(prepared.pk)
    if run is not None:
        clusters.run(run)
        run.refresh_from_db()
        clusters.use(run)
    affinities.calculate()
