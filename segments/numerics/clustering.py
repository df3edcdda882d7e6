"""Clusters of customers by one of five methods: preparation, evidence for k, stability, profile.

Everything is fitted in the order of the customers' ids, on one thread and with one seed, so the result does
not depend on the order of the rows. What is quadratic sees a seeded sample; everyone else is assigned.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from functools import partial

import numpy as np
import numpy.typing as npt

from segments.numerics import methods, stability
from segments.numerics.assigning import NOISE, Floats, Labels, Model, Placement
from segments.numerics.evidence import (
    Evidence,
    best_silhouette,
    elbow,
    judge,
    silhouettes,
    spread_within,
)
from segments.numerics.methods import BY_DENSITY, COVARIANCES, Settings
from segments.numerics.preparing import Preparation, prepare
from segments.numerics.stability import Compared, Stability
from segments.numerics.threads import one_thread

K_RANGE = range(2, 11)
MOST_COMPARED = 4  # Numbers of clusters that are held against data without any.
FEWEST = 10
SILHOUETTE_SAMPLE = 5000
START_SAMPLE = 10_000
QUADRATIC_SAMPLE = 3000
STARTS_SMALL, STARTS = 20, 5  # Many starts cost nothing below SMALL rows.
SMALL = 1000

type Tell = Callable[[str, int, int], None]


class TooLittleData(ValueError):
    """Fewer customers, or fewer different ones, than clusters need; args[0] is how many there are."""


class TooManyWanted(TooLittleData):
    """More clusters were asked for than there are different customers; args[0] is how many there are."""


class NothingFound(ValueError):
    """No place was dense enough to be a cluster."""


@dataclass(frozen=True, slots=True)
class Wish:
    """What to cluster by; 2 to 10 are tried; `k` None takes what fits best, and so do all other Nones.

    `flags` marks the columns that say yes (1) or no (0). `eps` is in prepared units.
    """

    features: tuple[str, ...]
    k: int | None = None
    scaling: str = "standard"
    seed: int = 1
    method: str = "kmeans"
    flags: tuple[bool, ...] = ()
    eps: float | None = None
    min_points: int | None = None
    min_size: int | None = None
    covariance: str | None = None


@dataclass(frozen=True, slots=True)
class Profile:
    """One cluster: `centre` is the mean in raw units; `lean` how far it lies from the average of everyone,
    in standard deviations of the prepared features."""

    size: int
    centre: dict[str, float]
    lean: dict[str, float]


@dataclass(frozen=True, slots=True)
class Clustering:
    """The chosen clusters, largest first, with the evidence. `labels` follow the rows as they were given.

    `by_bic` is the best number for a mixture, 1 included; `curve` the sorted distances behind `eps`.
    """

    model: Model
    settings: Settings
    k: int
    labels: Labels
    evidence: tuple[Evidence, ...]
    by_silhouette: int
    by_elbow: int
    by_bic: int | None
    inertia: float
    silhouette: float
    silhouettes: tuple[float, ...]
    silhouette_sample: int
    start_sample: int
    noise: int
    stability: Stability
    average: dict[str, float]
    profiles: tuple[Profile, ...]
    curve: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Fits:
    """What was tried: a placement per k (prepared units), and what a method knows besides."""

    placements: dict[int, Placement]
    settings: Settings
    bic: dict[int, float]
    curve: tuple[float, ...] = ()


def cluster(
    ids: npt.NDArray[np.int64], values: Floats, wish: Wish, tell: Tell = lambda step, done, of: None
) -> Clustering:
    """Cluster `values` (n × d, raw units, no NaN) of customers `ids` (n).

    Raises TooLittleData, TooManyWanted or NothingFound.
    """
    with one_thread():  # Sums over threads come in any order, and so would the last digits.
        return _cluster(ids, values, wish, tell)


def _cluster(ids: npt.NDArray[np.int64], values: Floats, wish: Wish, tell: Tell) -> Clustering:
    order = np.argsort(ids, kind="stable")
    raw = values[order]
    if len(raw) < FEWEST:
        raise TooLittleData(len(raw))
    preparation = prepare(raw, wish.scaling, wish.flags)
    ready = preparation.apply(raw)
    most = START_SAMPLE if wish.method in {"kmeans", "gmm"} else QUADRATIC_SAMPLE
    start = ready[_sample(len(ready), most, wish.seed)]
    fits = _fits(start, _numbers(start, wish), wish, tell)
    evidence = _evidence(ready, fits, wish, tell)
    best = best_silhouette(evidence)
    by_bic = min(fits.bic, key=lambda k: (fits.bic[k], k)) if fits.bic else None
    compared: dict[int, Compared] = {}
    k = wish.k or (max(2, by_bic) if by_bic else _first_real(start, evidence, fits.settings, wish, compared))
    chosen = next((row for row in evidence if row.k == k), evidence[0])
    placement, inertia = fits.placements[chosen.k], chosen.inertia
    if wish.method == "kmeans" and len(start) < len(ready):
        placement, inertia = methods.finish(ready, placement)
    placement, labels = _numbered(placement, placement.place(ready))
    looked = _sample(len(ready), SILHOUETTE_SAMPLE, wish.seed)
    each = _each(ready[looked], labels[looked], len(placement.centres))
    known, told = compared.get(len(placement.centres)), partial(tell, "stability")
    stable = stability.examine(start, placement, fits.settings, wish.seed, told, known)
    in_given_order = np.empty_like(labels)
    in_given_order[order] = labels
    return Clustering(
        Model(wish.features, preparation, placement),
        fits.settings,
        len(placement.centres),
        in_given_order,
        tuple(evidence),
        best,
        elbow(evidence),
        by_bic,
        inertia,
        chosen.silhouette,
        tuple(each),
        len(looked),
        len(start),
        int((labels == NOISE).sum()),
        _softened(stable, by_bic),
        dict(zip(wish.features, raw.mean(axis=0).tolist(), strict=True)),
        _profiles(wish.features, raw, ready, labels, len(placement.centres)),
        fits.curve,
    )


def _each(ready: Floats, labels: Labels, count: int) -> list[float]:
    """The silhouette of each cluster, without noise."""
    firm = labels != NOISE
    return silhouettes(ready[firm], labels[firm], count)


def _first_real(
    start: Floats,
    evidence: Sequence[Evidence],
    settings: Settings,
    wish: Wish,
    compared: dict[int, Compared],
) -> int:
    """The number of clusters that stand apart best among those that are more than chance; else the best.

    Only few are tried: among many, one would pass by luck. What was compared is kept in `compared`.
    """
    best = best_silhouette(evidence)
    ordered = sorted(evidence, key=lambda row: (row.k != best, -round(row.silhouette, 12), row.k))
    for row in () if wish.method in BY_DENSITY else ordered[:MOST_COMPARED]:
        hasty = row.k != best  # Which is kept where none is real.
        compared[row.k] = stability.compare(start, row.k, settings, wish.seed, hasty=hasty)
        if compared[row.k].is_real:
            return row.k
    return best


def _softened(stable: Stability, by_bic: int | None) -> Stability:
    """Where one cloud explains the data better, no cluster is called stable."""
    if by_bic != 1:
        return stable
    left = tuple(min(one, stability.CEILING) for one in stable.clusters)
    return replace(stable, is_real=False, clusters=left)


def _numbers(start: Floats, wish: Wish) -> list[int]:
    """The numbers of clusters to try; none for a method that finds its own."""
    different = len(np.unique(start, axis=0))
    if different < 2:
        raise TooLittleData(different)
    if wish.method in BY_DENSITY:
        return []
    if wish.k and different < wish.k:
        raise TooManyWanted(different)
    return sorted({one for one in K_RANGE if one <= min(different, len(start) - 1)} | {wish.k or 2})


def _fits(start: Floats, tried: list[int], wish: Wish, tell: Tell) -> Fits:
    seed, settings = wish.seed, Settings(wish.method)
    if wish.method == "hierarchical":
        tell("clustering", 0, 1)
        return Fits(methods.cuts(start, tried), settings, {})
    if wish.method == "gmm":
        return _mixtures(start, tried, wish, tell)
    if wish.method in BY_DENSITY:
        return _dense(start, wish, tell)
    starts = STARTS_SMALL if len(start) <= SMALL else STARTS
    placements = {}
    for done, k in enumerate(tried):
        tell("clustering", done, len(tried))
        placements[k] = methods.kmeans(start, k, seed, starts)[0]
    return Fits(placements, settings, {})


def _mixtures(start: Floats, tried: list[int], wish: Wish, tell: Tell) -> Fits:
    kinds = (wish.covariance,) if wish.covariance else COVARIANCES
    found: dict[int, tuple[Placement, float, str]] = {}
    counts = [1, *tried]
    for done, k in enumerate(counts):
        tell("clustering", done, len(counts))
        found |= methods.mixtures(start, [k], kinds, wish.seed)
    bic = {k: one[1] for k, one in found.items()}
    best = wish.k or max(2, min(bic, key=lambda k: (bic[k], k)))
    placements = {k: found[k][0] for k in tried}
    return Fits(placements, Settings("gmm", covariance=found[best][2]), bic)


def _dense(start: Floats, wish: Wish, tell: Tell) -> Fits:
    tell("clustering", 0, 1)
    width = start.shape[1]
    min_points = wish.min_points or max(4, 2 * width)
    if wish.method == "dbscan":
        eps, curve = methods.knee(start, min_points)
        settings = Settings("dbscan", eps=wish.eps or eps, min_points=min_points)
    else:
        size = wish.min_size or max(5, len(start) // 50)
        settings = Settings("hdbscan", min_points=wish.min_points or 5, min_size=min(size, len(start) // 2))
        curve = []
    placement = methods.fit(start, 0, settings, wish.seed)
    if not len(placement.centres):
        raise NothingFound
    return Fits({len(placement.centres): placement}, settings, {}, tuple(curve))


def _evidence(ready: Floats, fits: Fits, wish: Wish, tell: Tell) -> list[Evidence]:
    sample = _sample(len(ready), SILHOUETTE_SAMPLE, wish.seed)
    evidence = []
    for done, (k, placement) in enumerate(fits.placements.items()):
        tell("evidence", done, len(fits.placements))
        labels = placement.place(ready)
        firm = sample[labels[sample] != NOISE]
        inertia = spread_within(ready, labels, placement.centres)
        smallest = int(np.bincount(labels[labels >= 0], minlength=len(placement.centres)).min()) / len(ready)
        row = judge(k, inertia, ready[firm], labels[firm], smallest)
        evidence.append(replace(row, bic=fits.bic.get(k)))
    return evidence


def _numbered(placement: Placement, labels: Labels) -> tuple[Placement, Labels]:
    """Number the clusters by size, largest first; equal sizes by their centres. Empty ones go."""
    sizes = np.bincount(labels[labels >= 0], minlength=len(placement.centres))
    held = np.flatnonzero(sizes).tolist()  # A mixture may have a part that is likeliest for nobody.
    order = sorted(held, key=lambda one: (-sizes[one], *placement.centres[one].tolist()))
    place = np.full(len(sizes) + 1, NOISE, dtype=np.int64)
    place[order] = np.arange(len(order))
    return placement.renumbered(order), place[labels]


def _profiles(
    features: tuple[str, ...], raw: Floats, ready: Floats, labels: Labels, k: int
) -> tuple[Profile, ...]:
    middle, spread = ready.mean(axis=0), ready.std(axis=0)
    spread[spread == 0] = 1.0
    profiles = []
    for one in range(k):
        mine = labels == one
        lean = (ready[mine].mean(axis=0) - middle) / spread if mine.any() else np.zeros(len(features))
        centre = raw[mine].mean(axis=0) if mine.any() else np.zeros(len(features))
        profiles.append(
            Profile(
                int(mine.sum()),
                dict(zip(features, centre.tolist(), strict=True)),
                dict(zip(features, lean.tolist(), strict=True)),
            )
        )
    return tuple(profiles)


def oddness(model: Model, values: Floats, average: Floats, spread: Floats) -> npt.NDArray[np.float64]:
    """How far each row (n × d, raw units) lies from the average, feature by feature, in standard deviations.

    `average` and `spread` (d) are of everyone, in prepared units without clipping.
    """
    return (unclipped(model.preparation, values) - average) / np.where(spread > 0, spread, 1.0)


def unclipped(preparation: Preparation, values: Floats) -> Floats:
    """Prepared values in which outliers stand where they are."""
    free = replace(preparation, low=(-np.inf,) * len(preparation.low), high=(np.inf,) * len(preparation.high))
    return free.apply(values)


def _sample(count: int, most: int, seed: int) -> npt.NDArray[np.int64]:
    if count <= most:
        return np.arange(count)
    return np.sort(np.random.default_rng(seed).choice(count, most, replace=False))
