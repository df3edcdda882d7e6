"""Five ways to find clusters; each gives a Placement that assigns everyone else.

Hierarchical clustering, DBSCAN and HDBSCAN are quadratic: callers give them a sample.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segments.numerics.assigning import NOISE, Floats, Labels, Placement, means

METHODS = ("kmeans", "hierarchical", "gmm", "dbscan", "hdbscan")
BY_DENSITY = frozenset({"dbscan", "hdbscan"})
COVARIANCES = ("full", "tied", "diag", "spherical")
RIDGE = 1e-4  # Added to variances, in prepared units, so that equal people do not make a point-like cluster.


@dataclass(frozen=True, slots=True)
class Settings:
    """What a method was told, or chose by itself. `eps` in prepared units; counts are of the sample."""

    method: str
    covariance: str = "full"
    eps: float = 0.0
    min_points: int = 0
    min_size: int = 0


def fit(ready: Floats, k: int, settings: Settings, seed: int, starts: int = 1) -> Placement:
    """Find clusters in `ready` (n × d, prepared units). DBSCAN and HDBSCAN find their own k."""
    match settings.method:
        case "hierarchical":
            return _cut(ready, ward(ready), k)
        case "gmm":
            return _mixture(ready, k, settings.covariance, seed)[0]
        case "dbscan":
            return _dbscan(ready, settings)
        case "hdbscan":
            return _hdbscan(ready, settings)
    return kmeans(ready, k, seed, starts)[0]


def kmeans(ready: Floats, k: int, seed: int, starts: int) -> tuple[Placement, float]:
    """The best of several starts, with its inertia."""
    from sklearn.cluster import KMeans

    model = KMeans(n_clusters=k, n_init=starts, random_state=seed).fit(ready)
    return Placement("centres", model.cluster_centers_.astype(float)), float(model.inertia_)


def finish(ready: Floats, placement: Placement) -> tuple[Placement, float]:
    """Lloyd's steps on everyone, from centres found on a sample; in single precision, to save memory."""
    from sklearn.cluster import KMeans

    start = placement.centres.astype(np.float32)
    model = KMeans(n_clusters=len(start), init=start, n_init=1, max_iter=100)
    model.fit(ready.astype(np.float32))
    return Placement("centres", model.cluster_centers_.astype(float)), float(model.inertia_)


def ward(ready: Floats) -> npt.NDArray[np.float64]:
    """The tree of merges (scipy's linkage) by Ward's criterion."""
    from scipy.cluster.hierarchy import linkage

    return np.asarray(linkage(ready, method="ward"))


def _cut(ready: Floats, tree: npt.NDArray[np.float64], k: int) -> Placement:
    from scipy.cluster.hierarchy import fcluster

    labels = fcluster(tree, k, criterion="maxclust").astype(np.int64) - 1
    count = int(labels.max()) + 1
    return _by_points(ready, labels, np.full(count, -1.0))


def cuts(ready: Floats, counts: list[int]) -> dict[int, Placement]:
    """Ward's tree cut at several numbers of clusters."""
    tree = ward(ready)
    return {k: _cut(ready, tree, k) for k in counts}


def mixtures(
    ready: Floats, counts: list[int], covariances: tuple[str, ...], seed: int
) -> dict[int, tuple[Placement, float, str]]:
    """For each number of components the kind of covariance with the lowest BIC, and that BIC."""
    found = {}
    for k in counts:
        tried = [(*_mixture(ready, k, kind, seed), kind) for kind in covariances]
        found[k] = min(tried, key=lambda one: one[1])
    return found


def _mixture(ready: Floats, k: int, covariance: str, seed: int) -> tuple[Placement, float]:
    import warnings

    from sklearn.exceptions import ConvergenceWarning
    from sklearn.mixture import GaussianMixture

    with warnings.catch_warnings():
        warnings.simplefilter("ignore", ConvergenceWarning)  # Nearly converged is good enough.
        model = GaussianMixture(k, covariance_type=covariance, random_state=seed, reg_covar=RIDGE).fit(ready)
        score = float(model.bic(ready))
    width = ready.shape[1]
    given = model.covariances_
    match covariance:
        case "tied":
            full = np.repeat(given[None], k, axis=0)
        case "diag":
            full = np.array([np.diag(one) for one in given])
        case "spherical":
            full = np.array([np.eye(width) * one for one in given])
        case _:
            full = given
    parts = {"weights": np.asarray(model.weights_), "covariances": np.asarray(full)}
    return Placement("gaussians", np.asarray(model.means_), parts), score


def _dbscan(ready: Floats, settings: Settings) -> Placement:
    from sklearn.cluster import DBSCAN

    model = DBSCAN(eps=settings.eps, min_samples=settings.min_points).fit(ready)
    labels = model.labels_.astype(np.int64)
    count = int(labels.max()) + 1
    core = model.core_sample_indices_
    return Placement(
        "points",
        means(ready, labels, count),
        {"points": ready[core], "labels": labels[core], "reach": np.full(count, settings.eps)},
    )


def _hdbscan(ready: Floats, settings: Settings) -> Placement:
    """Newcomers belong to the cluster of their nearest neighbour, as far as its own members lie apart."""
    from scipy.spatial import cKDTree
    from sklearn.cluster import HDBSCAN

    few = min(settings.min_points, len(ready) - 1)
    model = HDBSCAN(min_cluster_size=settings.min_size, min_samples=few, copy=True).fit(ready)
    labels = model.labels_.astype(np.int64)
    labels[labels < 0] = NOISE
    count = int(labels.max()) + 1
    lonely = cKDTree(ready).query(ready, k=few + 1)[0][:, -1]
    reach = np.array([lonely[labels == one].max() for one in range(count)])
    return _by_points(ready, labels, reach)


def _by_points(ready: Floats, labels: Labels, reach: Floats) -> Placement:
    """Equal people of one cluster stand in the model once."""
    rows = np.unique(np.c_[ready, labels], axis=0)
    parts = {"points": rows[:, :-1], "labels": rows[:, -1].astype(np.int64), "reach": reach}
    return Placement("points", means(ready, labels, len(reach)), parts)


def knee(ready: Floats, min_points: int) -> tuple[float, list[float]]:
    """How near people are to their (min_points − 1)th neighbour: the bend of that curve, and the curve.

    The bend is farthest below the chord of the sorted distances (Ester et al. 1996; Satopää et al. 2011).
    """
    from scipy.spatial import cKDTree

    far = np.sort(cKDTree(ready).query(ready, k=min(min_points, len(ready)))[0][:, -1])
    curve = far[np.linspace(0, len(far) - 1, min(len(far), 100)).astype(int)].tolist()
    span = far[-1] - far[0]
    if span <= 0:
        return float(far[-1]) or 1e-6, curve
    below = np.linspace(0, 1, len(far)) - (far - far[0]) / span
    return float(far[int(below.argmax())]) or float(far[-1]), curve
