"""Maximum likelihood for the purchase models, and what to believe of it."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np

from segments.numerics.late import late
from segments.numerics.threads import one_thread
from segments.numerics.value.histories import Floats, Histories
from segments.numerics.value.likelihood import Model, Params, Surface

optimize = late("scipy.optimize")

FEWEST_REPEATERS = 10  # Below, four numbers cannot be learned from so few people.
THINNED = 8_000  # Distinct histories on which the start is chosen; the end is fitted on all.
LOW, HIGH = np.log(1e-5), np.log(1e5)  # Of every parameter, with time in mean ages of customers.
EDGE = 4.0  # So near to a limit (in logarithms) a parameter has run away.
STARTS = ((1.0, 2.5), (0.3, 3.0), (0.05, 0.5), (2.0, 20.0), (0.02, 5.0))  # Of a and b.
FLAT = 1e-5  # Gradient per customer at which the top is reached.
LIKE_ONE = float(np.log(1e3))  # At most r where all buy at one rate; a and b where all leave with one chance.
HELD = (LIKE_ONE, HIGH, LIKE_ONE, LIKE_ONE)
SURE_GAIN = 2.0  # By which drop-out is there though other parameters have no limit.
LEAST_GAIN = 0.1  # Of ln L by drop-out; with less its parameters lie on a plain without a top.


class TooFewRepeaters(ValueError):
    """args[0] customers came back; the models need more."""


class AllAlike(ValueError):
    """Customers buy so alike that no difference between them can be fitted."""


@dataclass(frozen=True, slots=True)
class Fit:
    """`params` in the unit of the histories, `errors` the standard errors of r, α, a and b (or r and α).

    `identified` is False where the likelihood has no top: then `params` are those of NBD, or, where drop-out
    is there, at most `HELD`: `one_rate` says that everybody buys about as often, `one_chance` that everybody
    leaves with about the same chance. `gain` is ln L beyond NBD.
    """

    params: Params
    log_likelihood: float
    errors: tuple[float, ...]
    converged: bool
    identified: bool
    gain: float
    one_rate: bool = False
    one_chance: bool = False


def fit(histories: Histories, model: Model = "bgnbd") -> Fit:
    """The most likely parameters; too few repeaters or all of them alike raise."""
    if histories.repeaters < FEWEST_REPEATERS:
        raise TooFewRepeaters(histories.repeaters)
    with one_thread():
        return _fitted(histories, model)


def _fitted(histories: Histories, model: Model) -> Fit:
    grouped = histories.grouped()[0]
    unit = float((grouped.age * grouped.counts).sum() / grouped.customers)
    scaled = grouped.scaled(unit)
    plain = _climb(scaled, model, [np.log([0.5, 0.5]), np.log([2.0, 1.0]), np.log([0.1, 0.1])])
    near = plain - max(plain[0] - LIKE_ONE, 0)  # The same mean rate.
    full = _climb(scaled, model, [np.concatenate([near, np.log(start)]) for start in STARTS])
    surface = Surface(scaled, model)
    gain = (surface(plain)[0] - surface(full)[0]) * grouped.customers
    if gain >= LEAST_GAIN and not _ran_away(full):
        return replace(_described(surface, full, unit, model), gain=gain)
    if gain >= SURE_GAIN and (_runs_up(full) or _ran_away(plain)):
        return replace(_held(surface, full, unit, model), gain=gain)
    if _ran_away(plain):
        raise AllAlike
    return replace(_described(surface, plain, unit, model), identified=False, gain=gain)


def _runs_up(full: Floats) -> bool:
    return bool(full[0] > HIGH - EDGE or (full[2:] > LIKE_ONE).any())


def _held(surface: Surface, full: Floats, unit: float, model: Model) -> Fit:
    """The best within `HELD`: beyond, nothing changes but that people differ still less."""
    back = full - np.array([1, 1, 0, 0]) * max(full[0] - LIKE_ONE, 0)
    best = _descend(surface, np.minimum(back, HELD), HELD)
    rate, chance = best[0] > LIKE_ONE - 1e-6, best[2:].max() > LIKE_ONE - 1e-6
    made = _described(surface, best, unit, model, HELD)
    return replace(made, identified=False, one_rate=bool(rate), one_chance=bool(chance))


def _climb(histories: Histories, model: Model, starts: list[Floats]) -> Floats:
    """The best of several starts, finished on all rows."""
    step = -(-len(histories.x) // THINNED)
    thin = Surface(histories.taken(slice(None, None, step)), model)
    tries = [_descend(thin, start) for start in starts]
    best = min(tries, key=lambda end: thin(end)[0])
    return best if step == 1 else _descend(Surface(histories, model), best)


def _descend(surface: Surface, start: Floats, most: tuple[float, ...] = (HIGH,) * 4) -> Floats:
    end = optimize.minimize(
        surface,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(LOW, limit) for limit in most[: len(start)]],
        options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500},
    )
    return np.asarray(end.x)


def _ran_away(logs: Floats) -> bool:
    return bool((logs < LOW + EDGE).any() or (logs > HIGH - EDGE).any() or (logs[2:] > LIKE_ONE).any())


def _described(
    surface: Surface, logs: Floats, unit: float, model: Model, most: tuple[float, ...] = (HIGH,) * 4
) -> Fit:
    value, slope = surface(logs)
    inside = (logs > LOW + 1e-6) & (logs < np.array(most[: len(logs)]) - 1e-6)
    customers = int(surface.h.counts.sum())
    sizes = np.exp(logs) * ([1, unit] if len(logs) == 2 else [1, unit, 1, 1])
    r, alpha = float(sizes[0]), float(sizes[1])
    a, b = (float(sizes[2]), float(sizes[3])) if len(logs) == 4 else (None, None)
    # In the unit of the caller times are `unit` larger, which costs ln `unit` per repeat purchase.
    moved = float((surface.x * surface.h.counts).sum() * np.log(unit))
    return Fit(
        Params(r, alpha, a, b, model),
        -value * customers - moved,
        tuple(float(one) for one in _errors(surface, logs, customers) * sizes),
        bool(np.abs(slope[inside]).max(initial=0) < FLAT),
        True,
        0.0,
    )


def _errors(surface: Surface, logs: Floats, customers: int) -> Floats:
    """Standard errors of the logarithms, by the inverse of the curvature; NaN where it is not a top."""
    step = 1e-4
    sides = np.eye(len(logs)) * step
    curve = np.array([(surface(logs + d)[1] - surface(logs - d)[1]) / (2 * step) for d in sides])
    try:
        variances = np.diag(np.linalg.inv((curve + curve.T) / 2 * customers))
    except np.linalg.LinAlgError:
        return np.full(len(logs), np.nan)
    return np.sqrt(np.where(variances > 0, variances, np.nan))
