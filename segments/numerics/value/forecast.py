"""What a fitted model expects: who is still there, how many purchases, and when the next one comes.

Expectations are integrals over the chance p to leave, by Gauss–Jacobi quadrature: unlike the closed form with
₂F₁ divided by (a − 1) they need no special case near a = 1, and one set of nodes serves all customers with
the same number of purchases. Over a year both agree to more digits than any fit is good for.
"""

from __future__ import annotations

import numpy as np
from numpy.polynomial import chebyshev

from segments.numerics.late import late
from segments.numerics.threads import one_thread
from segments.numerics.value.histories import Floats, Histories, Ints
from segments.numerics.value.likelihood import Params

linalg = late("scipy.linalg")
special = late("scipy.special")

NODES = 64
DIGITS = 14  # Of the polynomial along the age.
FEWEST_TERMS = 4
BLOCK = 200_000  # Values at once, so that they stay near the processor.


def alive(params: Params, histories: Histories) -> Floats:
    """P(alive) of each row at the end of its observation; 1 for all without drop-out."""
    if params.a is None or params.b is None:
        return np.ones(len(histories.x))
    s = params.chances(histories.x)
    ages = np.log(params.alpha + histories.age) - np.log(params.alpha + histories.last)
    left = np.log(params.a) - np.log(params.b + np.maximum(s, 1) - 1) + (params.r + histories.x) * ages
    return np.where(s > 0, special.expit(-left), 1.0)


def purchases(params: Params, histories: Histories, times: Floats) -> Floats:
    """E[Y(t)] (rows × times): purchases expected within `times` after the end of observation."""
    return alive(params, histories)[:, None] * purchases_alive(params, histories.x, histories.age, times)


def purchases_alive(params: Params, x: Ints, age: Floats, times: Floats) -> Floats:
    """E[Y(t)] of customers who are still there; depends on `x` and `age` only."""
    return bought_by(params, x, age, times, np.eye(len(times)))


def bought_by(params: Params, x: Ints, age: Floats, times: Floats, sums: Floats) -> Floats:
    """E[Y(t)] · `sums` (times × columns) of customers who are still there (rows × columns).

    For each number of purchases this is a smooth function of the age. Where there are more ages than its
    polynomial through Chebyshev's points has terms, only these points are integrated.
    """
    if params.a is None or params.b is None:
        return np.asarray(((params.r + x) / (params.alpha + age))[:, None] * (times @ sums))
    found = np.empty((len(x), sums.shape[1]))
    order = np.argsort(x, kind="stable")
    with one_thread():
        for rows in np.split(order, np.flatnonzero(np.diff(x[order])) + 1) if len(x) else ():
            found[rows] = _of_count(params, int(x[rows[0]]), np.log(params.alpha + age[rows]), times, sums)
    return found


def _of_count(params: Params, count: int, logs: Floats, times: Floats, sums: Floats) -> Floats:
    """The same for one number of purchases; `logs` are ln(α + age)."""
    low, high = float(logs.min()), float(logs.max())
    half = max((high - low) / 2, 1e-6)
    terms = _terms(half)
    if len(logs) <= terms:
        return _integrated(params, count, logs, times) @ sums
    points = chebyshev.chebpts1(terms)
    values = _integrated(params, count, (low + high) / 2 + half * points, times) @ sums
    factors = chebyshev.chebfit(points, values, terms - 1)
    return np.asarray(chebyshev.chebval((logs - (low + high) / 2) / half, factors).T)


def _terms(half: float) -> int:
    """How many terms reach the last digits: ln(α + age) has its nearest singularity π off the real line."""
    growth = np.log(np.pi / half + np.hypot(1, np.pi / half))
    return FEWEST_TERMS + int(np.ceil(DIGITS * np.log(10) / growth))


def _integrated(params: Params, count: int, logs: Floats, times: Floats) -> Floats:
    assert params.a is not None
    assert params.b is not None
    nodes, weights = nodes_of(params.a, params.b + float(params.chances(np.array([count]))[0]))
    rates = times[None, :] / np.exp(logs)[:, None]
    found = np.empty_like(rates)
    size = max(1, BLOCK // (NODES * len(times)))
    for start in range(0, len(rates), size):
        piece = slice(start, start + size)
        found[piece] = _bought(rates[piece], params.r + count, nodes, weights)
    return found


def _bought(rates: Floats, shape: float, nodes: Floats, weights: Floats) -> Floats:
    """Mean over p of [1 − (1 + p·rate)^(−shape)] / p."""
    inner = rates[..., None] * nodes
    np.log1p(inner, out=inner)
    inner *= -shape
    np.expm1(inner, out=inner)
    return np.asarray(inner @ (-weights / nodes))


def nodes_of(a: float, b: float) -> tuple[Floats, Floats]:
    """Nodes and weights whose weighted sum is the mean of a function of p ~ Beta(a, b) (Golub–Welsch)."""
    n = np.arange(NODES, dtype=np.float64)
    total = a + b
    # The recurrence of the Jacobi polynomials moved to 0…1, written so that large b loses no digits.
    with np.errstate(divide="ignore", invalid="ignore"):
        up = (n + a) * (n + total - 1) / ((2 * n + total - 1) * (2 * n + total))
        down = n * (n + b - 1) / ((2 * n + total - 2) * (2 * n + total - 1))
    up[0], down[0] = a / total, 0.0
    values, vectors = linalg.eigh_tridiagonal(up + down, np.sqrt(up[:-1] * down[1:]))
    return np.clip(values, np.finfo(float).tiny, 1.0), np.asarray(vectors[0] ** 2)


def new_customer(params: Params, times: Floats) -> Floats:
    """E[X(t)]: repeat purchases of somebody within `times` after their first one."""
    mean = purchases_alive(params, np.zeros(1, np.int64), np.zeros(1), np.atleast_1d(times))[0]
    if params.a is None or params.b is None or params.model == "bgnbd":
        return np.asarray(mean)
    return np.asarray(mean * params.b / (params.a + params.b))


def count_chances(params: Params, times: Floats, most: int) -> Floats:
    """P(X(t) = n) for n = 0 … `most` (times × most + 1): repeat purchases within `times`."""
    n = np.arange(most + 1)
    near = (times / (params.alpha + times))[:, None]
    with np.errstate(divide="ignore"):
        logs = special.gammaln(params.r + n) - special.gammaln(params.r) - special.gammaln(n + 1)
        logs = logs + np.where(n > 0, n * np.log(near), 0) + params.r * np.log1p(-near)
    if params.a is None or params.b is None:
        return np.asarray(np.exp(logs))
    s = params.chances(n)
    whole = special.betaln(params.a, params.b)
    stayed = np.exp(logs + special.betaln(params.a, params.b + s) - whole)
    left = np.where(s > 0, np.exp(special.betaln(params.a + 1, params.b + np.maximum(s, 1) - 1) - whole), 0)
    at_least = np.where(n > 0, special.betainc(np.maximum(n, 1), params.r, near), 1.0)
    return np.asarray(stayed + left * at_least)


def next_purchase(params: Params, histories: Histories, share: float) -> Floats:
    """Time within which `share` of customers like each row buy next, given that they are still there."""
    shape = params.r + histories.x
    with np.errstate(over="ignore"):
        return np.asarray((params.alpha + histories.age) * np.expm1(-np.log1p(-share) / shape))
