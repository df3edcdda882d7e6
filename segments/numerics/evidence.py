"""How well each number of clusters fits: five measures side by side."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segments.numerics.assigning import Floats, Labels


@dataclass(frozen=True, slots=True)
class Evidence:
    """One tried k. `inertia`: squared distances to the centres, summed. `silhouette`: −1 to 1.

    `davies_bouldin` is better when low (Davies and Bouldin 1979), `calinski_harabasz` when high (1974), `bic`
    (mixtures only) when low. `smallest` is the share of the smallest cluster, 0 to 1.
    """

    k: int
    inertia: float
    silhouette: float
    davies_bouldin: float = 0.0
    calinski_harabasz: float = 0.0
    smallest: float = 0.0
    bic: float | None = None


def judge(k: int, inertia: float, sample: Floats, labels: Labels, smallest: float) -> Evidence:
    """The measures of one k on a sample (n × d, prepared units) with its labels."""
    from sklearn.metrics import calinski_harabasz_score, davies_bouldin_score

    if not 2 <= len(np.unique(labels)) <= len(labels) - 1:
        return Evidence(k, inertia, 0.0, 0.0, 0.0, smallest)
    return Evidence(
        k,
        inertia,
        silhouette(sample, labels),
        float(davies_bouldin_score(sample, labels)),
        float(calinski_harabasz_score(sample, labels)),
        smallest,
    )


def silhouette(ready: Floats, labels: Labels) -> float:
    """Mean over all rows; 0 where it is not defined."""
    from sklearn import config_context
    from sklearn.metrics import silhouette_score

    if not 2 <= len(np.unique(labels)) <= len(labels) - 1:
        return 0.0
    with config_context(working_memory=64):
        return float(silhouette_score(ready, labels))


def silhouettes(ready: Floats, labels: Labels, count: int) -> list[float]:
    """The mean of each cluster."""
    from sklearn import config_context
    from sklearn.metrics import silhouette_samples

    if not 2 <= len(np.unique(labels)) <= len(labels) - 1:
        return [0.0] * count
    with config_context(working_memory=64):
        each = silhouette_samples(ready, labels)
    return [float(each[labels == one].mean()) if (labels == one).any() else 0.0 for one in range(count)]


def best_silhouette(evidence: Sequence[Evidence]) -> int:
    """Equal to twelve digits counts as equal; then fewer clusters win."""
    return max(evidence, key=lambda row: (round(row.silhouette, 12), -row.k)).k


def elbow(evidence: Sequence[Evidence]) -> int:
    """The k whose inertia lies farthest below the straight line from the first k to the last."""
    ks = np.array([row.k for row in evidence], dtype=float)
    drops = np.array([row.inertia for row in evidence])
    if len(ks) < 3 or drops[0] == drops[-1]:
        return evidence[0].k
    x, y = (ks - ks[0]) / (ks[-1] - ks[0]), (drops - drops[-1]) / (drops[0] - drops[-1])
    return evidence[int(np.argmax(1 - x - y))].k


def spread_within(ready: Floats, labels: Labels, centres: Floats) -> float:
    """The squared distances of everyone but noise to the centre of their cluster, summed."""
    total = 0.0
    for number, centre in enumerate(centres):
        total += float(((ready[labels == number] - centre) ** 2).sum())
    return total
