"""What a campaign changed: those who got it against those held out by chance.

Conversion: the difference of two shares. Amounts: the difference of means with a percentile bootstrap over
people (Efron 1979). Few people buy and few of them much, so amounts above the 99th percentile of the buyers
of both groups together may be cut to it (winsorised). Several campaigns: the fixed-effect mean weighted by
inverse variance, with Cochran's Q.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segments.numerics.comparing import SURE
from segments.numerics.late import late

stats = late("scipy.stats")

PERCENTILE = 99.0
FEWEST_TO_CUT = 100  # Buyers; of fewer no hundredth is known.
DRAWS = 20_000_000  # At most, over all rounds.
MOST_ROUNDS, FEWEST_ROUNDS = 2000, 200

type Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Amounts:
    """Means per person of both groups and their difference; `cap` is where amounts were cut, else None."""

    treated: float
    control: float
    difference: float
    interval: tuple[float, float]
    cap: float | None
    cut: int


@dataclass(frozen=True, slots=True)
class Pooled:
    """The common effect of several campaigns; `q_chance` is small where they differ beyond chance."""

    effect: float
    interval: tuple[float, float]
    p_value: float
    weights: list[float]
    q_chance: float


def amounts(
    treated: Floats, n: int, control: Floats, m: int, *, seed: int, winsorise: bool = True
) -> Amounts:
    """Compare what `n` and `m` people spent; the arrays hold the amounts of those who bought at all."""
    if min(n, m) < 1:
        raise ValueError("both groups need people")
    treated, control = np.asarray(treated, dtype=np.float64), np.asarray(control, dtype=np.float64)
    everything = np.concatenate([treated, control])
    cap, cut = None, 0
    if winsorise and len(everything) >= FEWEST_TO_CUT:
        cap = float(np.percentile(everything, PERCENTILE))
        cut = int((everything > cap).sum())
        treated, control = np.minimum(treated, cap), np.minimum(control, cap)
    difference = float(treated.sum()) / n - float(control.sum()) / m
    random = np.random.default_rng(seed)
    rounds = int(np.clip(DRAWS / max(len(everything), 1), FEWEST_ROUNDS, MOST_ROUNDS))
    drawn = _means(treated, n, rounds, random) - _means(control, m, rounds, random)
    low, high = np.percentile(drawn, [100 * (1 - SURE) / 2, 100 * (1 + SURE) / 2])
    return Amounts(
        float(treated.sum()) / n, float(control.sum()) / m, difference, (float(low), float(high)), cap, cut
    )


def _means(values: Floats, n: int, rounds: int, random: np.random.Generator) -> Floats:
    """Means of so many resamples of n people, of whom all but `values` spent nothing."""
    if not len(values):
        return np.zeros(rounds)
    buyers = random.binomial(n, len(values) / n, size=rounds)
    sums = [values[random.integers(0, len(values), size=k)].sum() for k in buyers]
    return np.array(sums) / n


def error_of(interval: tuple[float, float]) -> float:
    """The standard error behind an interval."""
    return (interval[1] - interval[0]) / (2 * float(stats.norm.ppf((1 + SURE) / 2)))


def pool(effects: Sequence[float], errors: Sequence[float]) -> Pooled | None:
    """One effect out of several, the surer ones weighing more; None without any that is known."""
    known = [(e, s) for e, s in zip(effects, errors, strict=True) if s > 0 and math.isfinite(s)]
    if not known:
        return None
    found, spread = np.array([e for e, _s in known]), np.array([s for _e, s in known])
    weights = 1 / spread**2
    effect = float((weights * found).sum() / weights.sum())
    error = float(1 / math.sqrt(weights.sum()))
    reach = float(stats.norm.ppf((1 + SURE) / 2)) * error
    q = float((weights * (found - effect) ** 2).sum())
    chance = float(stats.chi2.sf(q, len(known) - 1)) if len(known) > 1 else 1.0
    p_value = float(2 * stats.norm.sf(abs(effect / error)))
    return Pooled(effect, (effect - reach, effect + reach), p_value, list(weights / weights.sum()), chance)
