"""Did it make a difference? Shares and means of two arms, with intervals, and whether the split was fair.

Shares: pooled two-proportion z (two-sided); the interval of the difference with the unpooled error, or with
few successes or failures Newcombe's hybrid score interval (1998, method 10); Wilson's for one share; and the
chance that an arm is the best under uniform Beta priors. Means: Welch's t. Split: Pearson's χ² of the sizes
against the shares that were meant. Several arms against one: Holm's correction.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segments.numerics.late import late

stats = late("scipy.stats")

SURE = 0.95
FEW = 10  # Successes or failures of an arm, below which the normal interval misleads.
UNFAIR = 0.001  # Below this chance the sizes of the arms are no accident.
NODES = 4000

type Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Difference:
    """Second minus first: `statistic` is z or t; nan where both arms are all alike."""

    difference: float
    interval: tuple[float, float]
    statistic: float
    p_value: float


@dataclass(frozen=True, slots=True)
class Arm:
    """Size, mean and sum of squares about the mean of one arm's outcomes."""

    n: int
    mean: float
    squares: float

    @property
    def variance(self) -> float:
        return self.squares / (self.n - 1) if self.n > 1 else float("nan")


def shares(successes: tuple[int, int], trials: tuple[int, int]) -> Difference:
    """Compare two shares; trials above nought, successes within."""
    (x, y), (n, m) = successes, trials
    _check([x, y], [n, m])
    p, q = x / n, y / m
    pooled = (x + y) / (n + m)
    error = float(np.sqrt(pooled * (1 - pooled) * (1 / n + 1 / m)))
    z = (q - p) / error if error else 0.0
    return Difference(q - p, _interval(successes, trials), z, float(2 * stats.norm.sf(abs(z))))


def _interval(successes: tuple[int, int], trials: tuple[int, int]) -> tuple[float, float]:
    (x, y), (n, m) = successes, trials
    p, q = x / n, y / m
    if min(x, y, n - x, m - y) >= FEW:
        reach = float(stats.norm.ppf((1 + SURE) / 2) * np.sqrt(p * (1 - p) / n + q * (1 - q) / m))
        return q - p - reach, q - p + reach
    (low_p, high_p), (low_q, high_q) = wilson(x, n), wilson(y, m)
    down, up = float(np.hypot(q - low_q, high_p - p)), float(np.hypot(high_q - q, p - low_p))
    return q - p - down, q - p + up


def wilson(successes: int, trials: int, sure: float = SURE) -> tuple[float, float]:
    """Wilson's score interval of a share."""
    _check([successes], [trials])
    z, p = float(stats.norm.ppf((1 + sure) / 2)), successes / trials
    middle = (p + z * z / (2 * trials)) / (1 + z * z / trials)
    reach = z / (1 + z * z / trials) * float(np.sqrt(p * (1 - p) / trials + z * z / (4 * trials * trials)))
    return max(0.0, middle - reach), min(1.0, middle + reach)


def means(first: Arm, second: Arm, sure: float = SURE) -> Difference:
    """Compare two means by Welch's t; with fewer than two values in an arm nothing can be said."""
    difference = second.mean - first.mean
    if min(first.n, second.n) < 2:
        return Difference(difference, (float("nan"), float("nan")), float("nan"), float("nan"))
    a, b = first.variance / first.n, second.variance / second.n
    error = float(np.sqrt(a + b))
    if not error:
        same = difference == 0
        t = 0.0 if same else float(np.copysign(np.inf, difference))
        return Difference(difference, (difference, difference), t, 1.0 if same else 0.0)
    freedom = (a + b) ** 2 / (a * a / (first.n - 1) + b * b / (second.n - 1))
    t = difference / error
    reach = float(stats.t.ppf((1 + sure) / 2, freedom)) * error
    p_value = float(2 * stats.t.sf(abs(t), freedom))
    return Difference(difference, (difference - reach, difference + reach), t, p_value)


def arm(values: Floats) -> Arm:
    """What the comparison needs of one arm's outcomes."""
    mean = float(values.mean()) if len(values) else float("nan")
    return Arm(len(values), mean, float(((values - mean) ** 2).sum()))


def split_chance(sizes: Sequence[int], meant: Sequence[float] | None = None) -> tuple[float, float]:
    """χ² and its chance if people were spread over the arms as `meant` (equally, unless told)."""
    weights = np.asarray(meant if meant is not None else [1.0] * len(sizes), dtype=np.float64)
    expected = np.sum(sizes) * weights / weights.sum()
    chi = float(((np.asarray(sizes) - expected) ** 2 / expected).sum())
    return chi, float(stats.chi2.sf(chi, len(sizes) - 1))


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values of several comparisons with one reference, corrected so that any false alarm stays rare."""
    order = sorted(range(len(p_values)), key=lambda index: p_values[index])
    corrected, highest = [0.0] * len(p_values), 0.0
    for place, index in enumerate(order):
        highest = max(highest, min(1.0, p_values[index] * (len(p_values) - place)))
        corrected[index] = highest
    return corrected


def win_chances(successes: Sequence[int], trials: Sequence[int]) -> list[float]:
    """The chance of each arm to have the highest true share, by quadrature over Beta(1 + x, 1 + n − x).

    P(i is best) = ∫ f_i(p) ∏ F_j(p) dp, on nodes at quantiles of arm i, so narrow peaks are no trouble.
    """
    _check(successes, trials)
    beliefs = [stats.beta(1 + x, 1 + n - x) for x, n in zip(successes, trials, strict=True)]
    middles = (np.arange(NODES) + 0.5) / NODES
    chances = []
    for index, belief in enumerate(beliefs):
        nodes = belief.ppf(middles)
        others = [other.cdf(nodes) for place, other in enumerate(beliefs) if place != index]
        chances.append(float(np.prod(others, axis=0).mean()) if others else 1.0)
    total = sum(chances)
    return [chance / total for chance in chances]


def _check(successes: Sequence[int], trials: Sequence[int]) -> None:
    if len(successes) != len(trials):
        raise ValueError("as many successes as trials")
    for x, n in zip(successes, trials, strict=True):
        if n <= 0 or not 0 <= x <= n:
            raise ValueError("successes lie between nought and trials, and trials above nought")
