"""Which cluster somebody belongs to, by plain numbers that were found once: no refitting, no pickles."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

import numpy as np
import numpy.typing as npt

from segments.numerics.preparing import Preparation

SLICE = 50_000
NOISE = -1

type Floats = npt.NDArray[np.float64]
type Labels = npt.NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Placement:
    """`centres` (k × d, prepared units) are the means of the clusters. `kind` says how people are placed:

    centres: the nearest one. gaussians: the likeliest of `weights` (k) and `covariances` (k × d × d).
    points: as the nearest of `points` (m × d, with `labels`), if it lies within the `reach` (k) of its
    cluster; else, or where that point is noise, −1. A reach below 0 has no end.
    """

    kind: str
    centres: Floats
    parts: dict[str, Any] = field(default_factory=dict)

    def place(self, ready: Floats) -> Labels:
        """The cluster of each row (n × d, prepared units); −1 is noise."""
        if self.kind == "gaussians":
            return _likeliest(ready, self.centres, self.parts)
        if self.kind == "points":
            return _as_neighbour(ready, self.parts)
        return nearest(ready, self.centres)

    def renumbered(self, order: list[int]) -> Placement:
        """Cluster order[0] becomes 0, and so on; those not named go."""
        place = np.full(len(self.centres) + 1, NOISE, dtype=np.int64)  # The last one is for −1.
        place[order] = np.arange(len(order))
        parts = {name: value[order] for name, value in self.parts.items() if name not in {"points", "labels"}}
        if self.kind == "points":
            parts |= {"points": self.parts["points"], "labels": place[self.parts["labels"]]}
        return Placement(self.kind, self.centres[order], parts)

    def as_json(self) -> dict[str, Any]:
        parts = {
            name: (np.round(value, 6) if name == "points" else value).tolist()
            for name, value in self.parts.items()
        }
        return {"kind": self.kind, "centres": self.centres.tolist(), "parts": parts}

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Placement:
        """Runs of earlier versions know centres only."""
        parts = {
            name: np.array(value, dtype=np.int64 if name == "labels" else float)
            for name, value in data.get("parts", {}).items()
        }
        return cls(data.get("kind", "centres"), np.array(data["centres"], dtype=float), parts)


@dataclass(frozen=True, slots=True)
class Model:
    """All that assigning new customers needs, as plain numbers. `features` name the columns."""

    features: tuple[str, ...]
    preparation: Preparation
    placement: Placement

    @property
    def centres(self) -> Floats:
        return self.placement.centres

    def nearest(self, values: Floats) -> Labels:
        """The cluster of each row (n × d, raw units, no NaN); −1 is noise."""
        return self.placement.place(self.preparation.apply(values))

    def as_json(self) -> dict[str, Any]:
        return {
            "features": list(self.features),
            "preparation": self.preparation.as_json(),
            **self.placement.as_json(),
        }

    @classmethod
    def from_json(cls, data: dict[str, Any]) -> Model:
        preparation = Preparation.from_json(data["preparation"])
        return cls(tuple(data["features"]), preparation, Placement.from_json(data))


def nearest(ready: Floats, centres: Floats) -> Labels:
    """By squared distance, in slices so that memory stays small."""
    labels = np.empty(len(ready), dtype=np.int64)
    for at in range(0, len(ready), SLICE):
        part = ready[at : at + SLICE]
        distances = np.empty((len(part), len(centres)))
        for number, centre in enumerate(centres):
            distances[:, number] = ((part - centre) ** 2).sum(axis=1)
        labels[at : at + SLICE] = distances.argmin(axis=1)
    return labels


def means(ready: Floats, labels: Labels, count: int) -> Floats:
    """The middle of each cluster (count × d)."""
    return np.array([ready[labels == one].mean(axis=0) for one in range(count)]).reshape(
        count, ready.shape[1]
    )


def _likeliest(ready: Floats, centres: Floats, parts: dict[str, Any]) -> Labels:
    scores = np.empty((len(ready), len(centres)))
    for number, (weight, covariance) in enumerate(zip(parts["weights"], parts["covariances"], strict=True)):
        root = np.linalg.cholesky(covariance)
        apart = np.linalg.solve(root, (ready - centres[number]).T)
        volume = np.log(np.diag(root)).sum()
        scores[:, number] = np.log(max(weight, 1e-300)) - volume - 0.5 * (apart**2).sum(axis=0)
    labels: Labels = scores.argmax(axis=1)
    return labels


def _as_neighbour(ready: Floats, parts: dict[str, Any]) -> Labels:
    from scipy.spatial import cKDTree

    distance, neighbour = cKDTree(parts["points"]).query(ready)
    labels: Labels = parts["labels"][neighbour].astype(np.int64)
    reach = np.append(parts["reach"], -1.0)[labels]  # Noise has no reach and stays noise.
    labels[(reach >= 0) & (distance > reach + 1e-5)] = NOISE
    return labels
