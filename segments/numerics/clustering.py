"""K-Means on features of customers: preparation, evidence for k, profile, map, nearest centre.

Everything is fitted in the order of the customers' ids, on one thread and with one seed, so the result does
not depend on the order of the rows. Silhouette is quadratic and sees a seeded sample; K-Means starts on a
sample and is finished on everyone.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segments.numerics.preparing import Preparation, prepare

K_RANGE = range(2, 11)
FEWEST = 10
SILHOUETTE_SAMPLE = 5000
START_SAMPLE = 10_000
MAP_SAMPLE = 600
STARTS_SMALL, STARTS = 20, 10  # Many starts cost nothing below SMALL rows.
SMALL = 1000

type Floats = npt.NDArray[np.float64]
type Labels = npt.NDArray[np.int64]


class TooLittleData(ValueError):
    """Fewer customers, or fewer different ones, than clusters need; args[0] is how many there are."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to cluster by; 2 to 10 are tried; `k` None takes the best silhouette."""

    features: tuple[str, ...]
    k: int | None = None
    scaling: str = "standard"
    seed: int = 1


@dataclass(frozen=True, slots=True)
class Evidence:
    """One tried k: sum of squared distances to the centres (prepared units), mean silhouette (−1 to 1)."""

    k: int
    inertia: float
    silhouette: float


@dataclass(frozen=True, slots=True)
class Model:
    """All that assigning new customers needs, as plain numbers. `centres` (k × d) in prepared units."""

    features: tuple[str, ...]
    preparation: Preparation
    centres: Floats

    def nearest(self, values: Floats) -> Labels:
        """The cluster of each row (n × d, raw units, no NaN)."""
        return _nearest(self.preparation.apply(values), self.centres)

    def as_json(self) -> dict[str, Any]:
        return {
            "features": list(self.features),
            "preparation": self.preparation.as_json(),
            "centres": self.centres.tolist(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Model:
        preparation = Preparation.from_json(data["preparation"])
        return cls(tuple(data["features"]), preparation, np.array(data["centres"], dtype=float))


@dataclass(frozen=True, slots=True)
class Profile:
    """One cluster: `centre` is the mean in raw units; `lean` how far it lies from the average of everyone,
    in standard deviations of the prepared features."""

    size: int
    centre: dict[str, float]
    lean: dict[str, float]


@dataclass(frozen=True, slots=True)
class Clustering:
    """The chosen clusters, largest first, with the evidence. `labels` follow the rows as they were given."""

    model: Model
    k: int
    labels: Labels
    evidence: tuple[Evidence, ...]
    by_silhouette: int
    by_elbow: int
    inertia: float
    silhouette: float
    silhouette_sample: int
    start_sample: int
    average: dict[str, float]
    profiles: tuple[Profile, ...]


def cluster(
    ids: npt.NDArray[np.int64],
    values: Floats,
    wish: Wish,
    progress: Callable[[int, int], None] = lambda done, of: None,
) -> Clustering:
    """Cluster `values` (n × d, raw units, no NaN) of customers `ids` (n). Raises TooLittleData."""
    features, k, scaling, seed = wish.features, wish.k, wish.scaling, wish.seed
    order = np.argsort(ids, kind="stable")
    raw = values[order]
    if len(raw) < FEWEST:
        raise TooLittleData(len(raw))
    preparation = prepare(raw, scaling)
    ready = preparation.apply(raw)
    different = len(np.unique(ready[_sample(len(ready), START_SAMPLE, seed)], axis=0))
    if different < max(2, k or 2):
        raise TooLittleData(different)
    tried = sorted({one for one in K_RANGE if one <= min(different, len(raw) - 1)} | {k or 2})
    sample = _sample(len(ready), SILHOUETTE_SAMPLE, seed)
    fits: dict[int, tuple[Floats, Labels]] = {}
    evidence = []
    for done, one in enumerate(tried):
        progress(done, len(tried))
        centres, labels, inertia = _fit(ready, one, seed)
        fits[one] = centres, labels
        evidence.append(Evidence(one, inertia, _silhouette(ready[sample], labels[sample])))
    best = max(evidence, key=lambda row: (round(row.silhouette, 12), -row.k))
    chosen = next(row for row in evidence if row.k == (k or best.k))
    centres, labels = _ordered(*fits[chosen.k])
    in_given_order = np.empty_like(labels)
    in_given_order[order] = labels
    return Clustering(
        Model(features, preparation, centres),
        chosen.k,
        in_given_order,
        tuple(evidence),
        best.k,
        elbow(evidence),
        chosen.inertia,
        chosen.silhouette,
        len(sample),
        min(len(ready), START_SAMPLE),
        dict(zip(features, raw.mean(axis=0).tolist(), strict=True)),
        _profiles(features, raw, ready, labels),
    )


def elbow(evidence: list[Evidence]) -> int:
    """The k whose inertia lies farthest below the straight line from the first k to the last."""
    ks = np.array([row.k for row in evidence], dtype=float)
    drops = np.array([row.inertia for row in evidence])
    if len(ks) < 3 or drops[0] == drops[-1]:
        return evidence[0].k
    x, y = (ks - ks[0]) / (ks[-1] - ks[0]), (drops - drops[-1]) / (drops[0] - drops[-1])
    return evidence[int(np.argmax(1 - x - y))].k


def picture(values: Floats, labels: Labels, model: Model, seed: int) -> dict[str, Any]:
    """A map of a sample: two features as they are, or the two directions of greatest spread (PCA).

    `values` in raw units and the order of the ids. `share` of the spread that the map shows, 0 to 1.
    """
    chosen = _sample(len(values), MAP_SAMPLE, seed)
    if len(model.features) <= 2:
        points = values[chosen] if len(model.features) == 2 else np.c_[values[chosen], np.zeros(len(chosen))]
        axes, share = np.eye(2), 1.0
    else:
        ready = model.preparation.apply(values)
        _, strengths, directions = np.linalg.svd(ready - ready.mean(axis=0), full_matrices=False)
        largest = np.abs(directions).argmax(axis=1)
        signs = np.sign(directions[np.arange(len(directions)), largest])
        axes = (directions * signs[:, None])[:2]
        share = float((strengths[:2] ** 2).sum() / max((strengths**2).sum(), 1e-300))
        points = (ready[chosen] - ready.mean(axis=0)) @ axes.T
    return {
        "points": [[round(x, 4), round(y, 4)] for x, y in points.tolist()],
        "clusters": labels[chosen].tolist(),
        "axes": axes.tolist(),
        "share": share,
        "flat": len(model.features) <= 2,
        "of": len(values),
    }


def _fit(ready: Floats, k: int, seed: int) -> tuple[Floats, Labels, float]:
    """Centres, labels and inertia: many starts on a sample, the best one finished on everyone."""
    from sklearn.cluster import KMeans
    from threadpoolctl import threadpool_limits  # type: ignore[import-untyped]

    start = ready[_sample(len(ready), START_SAMPLE, seed)]
    with threadpool_limits(1):  # Sums over threads come in any order, and so would the last digits.
        starts = STARTS_SMALL if len(ready) <= SMALL else STARTS
        model = KMeans(n_clusters=k, n_init=starts, random_state=seed).fit(start)
        if len(start) < len(ready):
            model = KMeans(n_clusters=k, init=model.cluster_centers_, n_init=1).fit(ready)
    return model.cluster_centers_, model.labels_.astype(np.int64), float(model.inertia_)


def _silhouette(ready: Floats, labels: Labels) -> float:
    from sklearn import config_context
    from sklearn.metrics import silhouette_score

    if not 2 <= len(np.unique(labels)) <= len(labels) - 1:
        return 0.0
    with config_context(working_memory=64):
        return float(silhouette_score(ready, labels))


def _sample(count: int, most: int, seed: int) -> npt.NDArray[np.int64]:
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))


def _ordered(centres: Floats, labels: Labels) -> tuple[Floats, Labels]:
    """Number the clusters by size, largest first; equal sizes by their centres."""
    sizes = np.bincount(labels, minlength=len(centres))
    order = sorted(range(len(centres)), key=lambda one: (-sizes[one], *centres[one].tolist()))
    place = np.empty(len(order), dtype=np.int64)
    place[order] = np.arange(len(order))
    return centres[order], place[labels]


def _profiles(features: tuple[str, ...], raw: Floats, ready: Floats, labels: Labels) -> tuple[Profile, ...]:
    middle, spread = ready.mean(axis=0), ready.std(axis=0)
    spread[spread == 0] = 1.0
    profiles = []
    for one in range(int(labels.max()) + 1):
        mine = labels == one
        lean = (ready[mine].mean(axis=0) - middle) / spread
        centre = raw[mine].mean(axis=0)
        profiles.append(
            Profile(
                int(mine.sum()),
                dict(zip(features, centre.tolist(), strict=True)),
                dict(zip(features, lean.tolist(), strict=True)),
            )
        )
    return tuple(profiles)


def _nearest(ready: Floats, centres: Floats) -> Labels:
    """By squared distance, in slices so that memory stays small."""
    labels = np.empty(len(ready), dtype=np.int64)
    for at in range(0, len(ready), 50_000):
        part = ready[at : at + 50_000]
        distances = ((part[:, None, :] - centres[None, :, :]) ** 2).sum(axis=2)
        labels[at : at + 50_000] = distances.argmin(axis=1)
    return labels
