"""Whether a distribution or a figure has moved, with guards against crying wolf.

PSI, the population stability index: Σ (a − e) ln(a ÷ e) over the shares e before and a now. The usual bands
(Siddiqi 2006, "Credit Risk Scorecards"): below 0.1 steady, to 0.25 moved, above changed. Shares of empty bins
are taken as 0.0001. Small samples move by chance, so a chi-square test of the counts stands beside it, with
Holm's correction (1979) where many are tested. Sizes go by a robust z: median and MAD of their own history.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import numpy.typing as npt

from segments.numerics.late import late

stats = late("scipy.stats")

type Floats = npt.NDArray[np.float64]

STEADY, MOVED, CHANGED = "steady", "moved", "changed"
BANDS = (0.1, 0.25)
LEAST_SHARE = 1e-4
MAD_TO_SD = 1.4826


def psi(before: Sequence[float], now: Sequence[float]) -> float:
    """From counts (bins); both need a positive sum."""
    e, a = (_shares(counts) for counts in (before, now))
    return float(np.sum((a - e) * np.log(a / e)))


def band(value: float) -> str:
    return STEADY if value < BANDS[0] else MOVED if value < BANDS[1] else CHANGED


def chance(before: Sequence[float], now: Sequence[float]) -> float:
    """p-value of a chi-square test that both counts (bins) come from the same shares; bins empty in both
    drop out."""
    table = np.array([before, now], float)
    table = table[:, table.sum(axis=0) > 0]
    if table.shape[1] < 2 or (table.sum(axis=1) == 0).any():
        return 1.0
    return float(stats.chi2_contingency(table, correction=False).pvalue)


def holm(p_values: Sequence[float], level: float = 0.01) -> list[bool]:
    """Which of several tests hold, so that any false one among them is as rare as `level`."""
    order = np.argsort(p_values, kind="stable")
    found = [False] * len(p_values)
    for rank, place in enumerate(order.tolist()):
        if p_values[place] > level / (len(p_values) - rank):
            break
        found[place] = True
    return found


def edges(values: Sequence[float] | Floats, bins: int = 10) -> list[float]:
    """Ascending inner edges of about equal parts; fewer where many values are the same. NaN is left out."""
    known = np.asarray(values, float)
    known = known[~np.isnan(known)]
    if not len(known):
        return []
    found = np.quantile(known, np.arange(1, bins) / bins, method="inverted_cdf")
    return sorted({float(one) for one in found})


def counts(values: Sequence[float] | Floats, inner: Sequence[float]) -> list[int]:
    """How many fall up to each edge, above the last, and are unknown (NaN), in this order."""
    y = np.asarray(values, float)
    known = y[~np.isnan(y)]
    places = np.searchsorted(np.asarray(inner, float), known, side="left")
    found: list[int] = np.bincount(places, minlength=len(inner) + 1).tolist()
    return [*found, int(len(y) - len(known))]


def robust_z(value: float, history: Sequence[float], least_spread: float) -> float:
    """Distance from the median in robust standard deviations, which are at least `least_spread`."""
    past = np.asarray(history, float)
    middle = float(np.median(past))
    spread = MAD_TO_SD * float(np.median(np.abs(past - middle)))
    return (value - middle) / max(spread, least_spread)


def limit(tests: int, level: float = 0.01, least: float = 4.0) -> float:
    """|z| above which one of so many tests is no chance (Bonferroni), never below `least`."""
    return max(least, float(stats.norm.ppf(1 - level / (2 * max(tests, 1)))))


def _shares(counts: Sequence[float]) -> Floats:
    found = np.asarray(counts, float)
    shares: Floats = np.maximum(found / found.sum(), LEAST_SHARE)
    return shares
