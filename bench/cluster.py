"""K-Means with all its evidence, stability and profiles, against the bare fits of scikit-learn."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from time import perf_counter
from typing import Any

from crm.models import Business
from segments import features
from segments.clusters import columns, laboratory
from segments.numerics import clustering, preparing

SEED = 1


def figures(size: str) -> Iterator[dict[str, Any]]:
    """The limit is twice nine fits (k = 2 … 10) and the one that is kept, on everybody's prepared numbers."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    business = Business.current()
    features.rebuild(business.today(), business=business)
    table = columns.read(laboratory.DEFAULT_FEATURES, business.today())
    ids, values = table.ids[table.complete], table.values[table.complete]
    ready = preparing.prepare(values, "standard").apply(values)

    def bare() -> None:
        with threadpool_limits(1):
            for k in [*clustering.K_RANGE, clustering.K_RANGE[-1]]:
                KMeans(k, n_init=clustering.STARTS, random_state=SEED).fit(ready)

    wish = clustering.Wish(table.names, seed=SEED)
    ours = _seconds(lambda: clustering.cluster(ids, values, wish))
    yield {"name": "cluster", "value": ours, "unit": "s", "limit": 2 * _seconds(bare), "rows": len(ids)}


def _seconds(work: Callable[[], Any]) -> float:
    started = perf_counter()
    work()
    return round(perf_counter() - started, 3)
