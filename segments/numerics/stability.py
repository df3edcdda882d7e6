"""Would the same clusters come out again? Bootstrap, and a comparison with data that has no clusters.

Jaccard per cluster over resamples with the bands of Hennig (2007, `clusterboot`). A cut through one heap can
be repeated well although nothing is there, so the silhouette must also beat that of one cloud (with the same
spread, skewness and correlation) and of one evenly filled box of the same extent (in the way of Tibshirani's
gap statistic, 2001). Where it does not, only what is more stable than a cut through such data counts. Methods
that look for dense places must agree with themselves instead.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from segments.numerics import methods
from segments.numerics.assigning import Floats, Labels, Placement
from segments.numerics.evidence import silhouette
from segments.numerics.matching import crossed, rand_index
from segments.numerics.methods import Settings

TIMES = 50
SAMPLE, DENSE_SAMPLE, REFERENCE_SAMPLE = 2000, 3000, 800
REFERENCES = 20  # Of each of the two kinds.
STARTS = 2
SKEWEST = 4.0
MARGIN = 0.025  # Of silhouette, by which structure must beat the luckiest reference.
CEILING = 0.5  # Without structure no cluster is called stable.
AGREEING = 0.75  # Rand index between resamples that dense places need.
UNSTABLE, DOUBTFUL, STABLE = 0.60, 0.75, 0.85

type Tell = Callable[[int, int], None]


@dataclass(frozen=True, slots=True)
class Stability:
    """`clusters`: 0 to 1 each. `rand`: mean adjusted Rand index between resamples. `jaccard`: before the
    comparison with data without clusters, whose best silhouette is `reference` (None: not compared)."""

    clusters: tuple[float, ...]
    jaccard: tuple[float, ...]
    rand: float
    times: int
    sample: int
    is_real: bool
    silhouette: float
    reference: float | None


def band(value: float) -> str:
    """unstable, doubtful, stable or very stable, as a code."""
    if value < UNSTABLE:
        return "unstable"
    if value < DOUBTFUL:
        return "doubtful"
    return "stable" if value <= STABLE else "very_stable"


@dataclass(frozen=True, slots=True)
class Compared:
    """The silhouette of k clusters, the best of data without clusters, and the data that had it."""

    own: float
    reference: float
    blank: Floats

    @property
    def is_real(self) -> bool:
        return self.own > self.reference + MARGIN


def compare(ready: Floats, k: int, settings: Settings, seed: int, *, hasty: bool = False) -> Compared:
    """k clusters of `ready` beside those of data without any; for methods that are told k.

    `hasty`: no more is looked at once they are no better, so that only `is_real` says something then.
    """
    return Compared(*_against_nothing(_some(ready, SAMPLE, seed), k, settings, seed, hasty=hasty))


def examine(
    ready: Floats,
    placement: Placement,
    settings: Settings,
    seed: int,
    tell: Tell,
    compared: Compared | None = None,
) -> Stability:
    """Resample `ready` (n × d, prepared units, a random sample or everyone) and look again.

    `compared`: of the same rows and k, where it is known already.
    """
    dense = settings.method in methods.BY_DENSITY
    sample = _some(ready, DENSE_SAMPLE if dense else SAMPLE, seed)
    k = len(placement.centres)
    jaccard, rand = _bootstrap(sample, placement, settings, seed, TIMES, tell)
    if dense or k < 2:
        agreeing = rand >= AGREEING
        kept = jaccard if agreeing or k < 2 else tuple(min(one, CEILING) for one in jaccard)
        return Stability(kept, jaccard, rand, TIMES, len(sample), agreeing and k > 1, 0.0, None)
    compared = compared or Compared(*_against_nothing(sample, k, settings, seed))
    own, reference = compared.own, compared.reference
    if compared.is_real:
        return Stability(jaccard, jaccard, rand, TIMES, len(sample), True, own, reference)
    blank = compared.blank
    again = methods.fit(blank, k, settings, seed, STARTS)
    chance, _ = _bootstrap(blank, again, settings, seed, REFERENCES, lambda done, of: None)
    luck = min(max(chance), 0.999)
    left = tuple(min(CEILING, max(0.0, (one - luck) / (1 - luck))) for one in jaccard)
    return Stability(left, jaccard, rand, TIMES, len(sample), False, own, reference)


def _bootstrap(
    sample: Floats, placement: Placement, settings: Settings, seed: int, times: int, tell: Tell
) -> tuple[tuple[float, ...], float]:
    """Mean greatest Jaccard of each cluster, and the mean Rand index between neighbouring resamples."""
    random = np.random.default_rng(seed)
    labels, k = placement.place(sample), len(placement.centres)
    found = np.full((times, k), np.nan)
    before: Labels | None = None
    rand = []
    for turn in range(times):
        tell(turn, times)
        drawn = np.unique(random.integers(0, len(sample), len(sample)), return_counts=True)
        rows = np.repeat(drawn[0], drawn[1])
        if len(np.unique(sample[drawn[0]], axis=0)) < max(2, k):
            continue
        again = methods.fit(sample[rows], max(k, 1), settings, seed + turn + 1, STARTS)
        everyone = _placed(again, sample)
        found[turn] = _overlaps(labels[drawn[0]], everyone[drawn[0]], k)
        if before is not None:
            rand.append(rand_index(crossed(before, everyone)))
        before = everyone
    tell(times, times)
    with np.errstate(all="ignore"):
        mean = [float(np.nanmean(one)) if not np.isnan(one).all() else 0.0 for one in found.T]
    return tuple(mean), float(np.mean(rand)) if rand else 0.0


def _placed(placement: Placement, sample: Floats) -> Labels:
    """A resample in which no cluster was found calls everyone noise."""
    if not len(placement.centres):
        return np.full(len(sample), -1, dtype=np.int64)
    return placement.place(sample)


def _overlaps(labels: Labels, again: Labels, k: int) -> Floats:
    """For each cluster its greatest Jaccard with a new one; NaN where nobody of it was drawn."""
    best = np.full(k, np.nan)
    for one in range(k):
        mine = labels == one
        if mine.any():
            inside = again[mine]
            theirs = [int((again == other).sum()) for other in range(int(again.max()) + 1)]
            shared = np.bincount(inside[inside >= 0], minlength=len(theirs))
            best[one] = max(
                (both / (mine.sum() + size - both) for both, size in zip(shared, theirs, strict=True)),
                default=0.0,
            )
    return best


def _against_nothing(
    sample: Floats, k: int, settings: Settings, seed: int, *, hasty: bool = False
) -> tuple[float, float, Floats]:
    """Our silhouette, the best one of data without clusters, and the data that had it."""
    random = np.random.default_rng(seed)
    few = _some(sample, REFERENCE_SAMPLE, seed)
    own = _looked(few, k, settings, seed)
    middle = few.mean(axis=0)
    _, _, axes = np.linalg.svd(few - middle, full_matrices=False)
    turned = (few - middle) @ axes.T
    low, high = turned.min(axis=0), turned.max(axis=0)
    best, blank = -1.0, few
    for turn in range(REFERENCES):
        for drawn in (
            _cloud(few, random.normal(0, 1, few.shape)),
            random.uniform(low, high, turned.shape),
        ):
            value = _looked(drawn, k, settings, seed + turn)
            if value > best:
                best, blank = value, drawn
        if hasty and best + MARGIN >= own:
            break
    return own, best, blank


def _cloud(like: Floats, normal: Floats) -> Floats:
    """One heap with the spread, skewness, correlation and limits of `like` (Pearson III, Wilson–Hilferty)."""
    middle, spread = like.mean(axis=0), like.std(axis=0)
    spread = np.where(spread > 0, spread, 1.0)
    scores = (like - middle) / spread
    strengths, axes = np.linalg.eigh(scores.T @ scores / len(scores))
    drawn = (normal * np.sqrt(np.clip(strengths, 0, None))) @ axes.T
    skew = np.clip((scores**3).mean(axis=0), -SKEWEST, SKEWEST)
    safe = np.where(np.abs(skew) < 0.01, 0.01, skew)
    drawn = 2 / safe * ((1 + safe * drawn / 6 - safe**2 / 36) ** 3 - 1)
    cloud: Floats = np.clip(middle + spread * drawn, like.min(axis=0), like.max(axis=0))
    return cloud


def _looked(values: Floats, k: int, settings: Settings, seed: int) -> float:
    return silhouette(values, methods.fit(values, k, settings, seed, STARTS).place(values))


def _some(values: Floats, most: int, seed: int) -> Floats:
    if len(values) <= most:
        return values
    return values[np.sort(np.random.default_rng(seed).choice(len(values), most, replace=False))]
