"""Forecasts of one series: as one season before, and exponential smoothing; judged on the past.

Exponential smoothing is the additive family of Hyndman, Koehler, Ord and Snyder (2008, "Forecasting with
Exponential Smoothing"): level, damped trend or none, additive season or none, in error-correction form

    e = y − (l + φ b + s[−m]);   l ← l + φ b + α e;   b ← φ b + β e;   s ← s[−m] + γ e

fitted by least squares, the likelihood for normal errors. Intervals are theirs: the variance of step h is
σ² (1 + Σ_{j<h} c_j²) with c_j = α + β (φ + … + φ^j) + γ [j is a multiple of m]. The naive method repeats the
last season; its variance is σ² times the seasons ahead (Hyndman and Athanasopoulos, "Forecasting: Principles
and Practice", 5.5). MASE is Hyndman and Koehler (2006).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segments.numerics.late import late

optimize = late("scipy.optimize")
stats = late("scipy.stats")

type Floats = npt.NDArray[np.float64]

LEVELS = (0.8, 0.95)
SMALLEST, LARGEST = 1e-4, 0.9999
DAMPED = (0.8, 0.98)  # As in Hyndman's package: outside, damping is hardly told from none, or from no trend.
NAIVE, SMOOTH = "naive", "smooth"
SHORTEST = 8


@dataclass(frozen=True, slots=True)
class Forecast:
    """`mean` (h) in units of the series; `low` and `high` (levels × h), for each of LEVELS."""

    mean: Floats
    low: Floats
    high: Floats


@dataclass(frozen=True, slots=True)
class Terms:
    alpha: float
    beta: float = 0.0
    gamma: float = 0.0
    phi: float = 1.0


@dataclass(frozen=True, slots=True)
class State:
    """`season` begins with the next period; empty without one."""

    level: float
    trend: float
    season: tuple[float, ...] = ()


@dataclass(frozen=True, slots=True)
class Smoothing:
    """A fit with its last state; `sigma` is the spread of its one-step errors."""

    terms: Terms
    start: State
    last: State
    sigma: float

    def forecast(self, steps: int) -> Forecast:
        terms, m = self.terms, len(self.last.season)
        ahead = np.arange(1, steps + 1)
        damp = np.cumsum(terms.phi**ahead)
        mean = self.last.level + damp * self.last.trend
        weights = terms.alpha + terms.beta * damp
        if m:
            mean = mean + np.array(self.last.season)[(ahead - 1) % m]
            weights = weights + terms.gamma * (ahead % m == 0)
        grown = 1 + np.concatenate(([0.0], np.cumsum(weights**2)[:-1]))
        return _around(mean, self.sigma * np.sqrt(grown))


@dataclass(frozen=True, slots=True)
class Judged:
    """How a method did on the past: from several ends of what was known, 1 to h steps ahead.

    `mase`: mean absolute error beside that of "as one season before" in what was known (below 1 is better);
    `coverage`: share of values inside the interval of each of LEVELS; `n` values were compared.
    """

    mase: float
    coverage: tuple[float, ...]
    n: int


def naive(series: Sequence[float], season: int, steps: int) -> Forecast:
    """As one season before; `season` 1 repeats the last value. ValueError without more than one season."""
    y = np.asarray(series, float)
    if len(y) <= season:
        raise ValueError("shorter than a season")
    ahead = np.arange(1, steps + 1)
    mean = y[len(y) - season + (ahead - 1) % season]
    sigma = float(np.sqrt(np.mean((y[season:] - y[:-season]) ** 2)))
    return _around(mean, sigma * np.sqrt((ahead - 1) // season + 1))


def smooth(series: Sequence[float], season: int = 1, *, trend: bool = True) -> Smoothing:
    """Fit by least squares, first level and trend included. ValueError below two seasons or five values."""
    y = np.asarray(series, float)
    if len(y) < max(2 * season, 5):
        raise ValueError("too short")
    scale = float(np.abs(y).mean()) or 1.0
    begin = _begin(y / scale, season)
    names = ["alpha", *(["beta", "phi"] if trend else []), *(["gamma"] if season > 1 else []), "level"]
    names += ["trend"] if trend else []
    guess = {"alpha": 0.3, "beta": 0.1, "phi": 0.95, "gamma": 0.2, "level": begin.level, "trend": begin.trend}
    bounds = {"alpha": (SMALLEST, LARGEST), "beta": (0.0, LARGEST), "phi": DAMPED, "gamma": (0.0, LARGEST)}

    def read(point: Floats) -> tuple[Terms, State]:
        found = dict(zip(names, point.tolist(), strict=True))
        alpha = found["alpha"]
        beta, gamma = alpha * found.get("beta", 0.0), (1 - alpha) * found.get("gamma", 0.0)
        state = State(found["level"], found.get("trend", 0.0), begin.season)
        return Terms(alpha, beta, gamma, found.get("phi", 1.0)), state

    def loss(point: Floats) -> float:
        errors, _last = run(y / scale, *read(point))
        return float(errors @ errors)

    limits = [bounds.get(name, (None, None)) for name in names]
    best = optimize.minimize(loss, [guess[name] for name in names], method="L-BFGS-B", bounds=limits)
    terms, start = read(best.x)
    start = State(start.level * scale, start.trend * scale, tuple(one * scale for one in start.season))
    errors, last = run(y, terms, start)
    free = max(len(y) - len(names), 1)
    return Smoothing(terms, start, last, float(np.sqrt(errors @ errors / free)))


def run(series: Sequence[float] | Floats, terms: Terms, state: State) -> tuple[Floats, State]:
    """One-step errors (n), and the state after the last value."""
    level, slope, season = state.level, state.trend, list(state.season)
    m, errors = len(season), []
    for at, value in enumerate(np.asarray(series, float).tolist()):
        slope *= terms.phi
        before = level + slope
        error = value - before - (season[at % m] if m else 0.0)
        level, slope = before + terms.alpha * error, slope + terms.beta * error
        if m:
            season[at % m] += terms.gamma * error
        errors.append(error)
    turn = len(errors) % m if m else 0
    return np.array(errors), State(level, slope, tuple(season[turn:] + season[:turn]))


def _begin(y: Floats, season: int) -> State:
    """A line through the first values, and how the first seasons stood off their mean."""
    if season <= 1:
        head = y[: min(10, len(y))]
        slope, level = np.polyfit(np.arange(1, len(head) + 1), head, 1)
        return State(float(level), float(slope))
    whole = y[: len(y) // season * season].reshape(-1, season)[:3]
    slope = float((whole[1].mean() - whole[0].mean()) / season)
    drift = slope * (np.arange(season) - (season - 1) / 2)
    pattern = (whole - whole.mean(axis=1, keepdims=True)).mean(axis=0) - drift
    level = float(whole[0].mean() - slope * (season + 1) / 2)
    return State(level, slope, tuple((pattern - pattern.mean()).tolist()))


def forecast(method: str, series: Sequence[float], season: int, steps: int) -> Forecast:
    """By one of the two methods; a season counts only where two of it are known."""
    known = season if len(series) >= 2 * season else 1
    return naive(series, known, steps) if method == NAIVE else smooth(series, known).forecast(steps)


def judge(method: str, series: Sequence[float], season: int, steps: int, ends: int) -> Judged | None:
    """Forecast from each of up to `ends` points of the past, the latest; None where fewer than four exist."""
    y = np.asarray(series, float)
    season = season if len(y) >= 2 * season + 4 else 1
    points = range(max(2 * season, SHORTEST, len(y) - ends), len(y))
    if len(points) < 4:
        return None
    off: list[float] = []
    inside = []
    for end in points:
        truth = y[end : end + steps]
        found = forecast(method, y[:end].tolist(), season, len(truth))
        usual = float(np.mean(np.abs(y[season:end] - y[: end - season])))
        off += (np.abs(truth - found.mean) / usual).tolist() if usual else []
        inside.append((truth >= found.low) & (truth <= found.high))
    hits = np.concatenate(inside, axis=1)
    mase = float(np.mean(off)) if off else float("nan")
    return Judged(mase, tuple(float(one) for one in hits.mean(axis=1)), hits.shape[1])


def _around(mean: Floats, spread: Floats) -> Forecast:
    z = np.array([stats.norm.ppf((1 + level) / 2) for level in LEVELS])[:, None]
    return Forecast(mean, mean - z * spread, mean + z * spread)
