"""Gamma-Gamma: how much a customer spends per purchase (Fader, Hardie and Lee 2005, JMR 42(4); note 025)."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segments.numerics.late import late
from segments.numerics.threads import one_thread
from segments.numerics.value.histories import Floats, Ints

optimize = late("scipy.optimize")
special = late("scipy.special")

FEWEST = 10
STARTS = ((1.0, 3.0, 2.0), (6.0, 4.0, 0.5), (0.5, 10.0, 20.0))  # p, q, γ with money in means.
LIMIT = np.log(1e6)
EDGE = 4.0
WEIGHT = 1.0  # Of the typical value, in purchases, where the model cannot be used.


@dataclass(frozen=True, slots=True)
class Spend:
    """`p`, `q`, `gamma` (money) of `customers` who came back; `correlation` of how often and how much.

    `trouble` is empty where the model holds, else why it was replaced by each customer's own mean drawn
    towards `typical`: "few", "alike" (nothing to learn from) or "heavy" (q ≤ 1: a mean does not exist).
    """

    customers: int
    typical: float
    p: float | None = None
    q: float | None = None
    gamma: float | None = None
    log_likelihood: float | None = None
    correlation: float | None = None
    trouble: str = ""


def fit(x: Ints, mean: Floats) -> Spend:
    """Fit on customers with `x` ≥ 1 repeat purchases of `mean` value above zero; others are left out."""
    used = (x > 0) & (mean > 0) & np.isfinite(mean)
    x, mean = x[used], mean[used]
    typical = float(np.median(mean)) if len(mean) else 0.0
    correlation = _correlation(x, mean)
    if len(mean) < FEWEST:
        return Spend(len(mean), typical, correlation=correlation, trouble="few")
    unit = float(np.exp(np.log(mean).mean()))
    target = _Target(x, mean / unit)
    with one_thread():
        ends = [_descend(target, np.log(start)) for start in STARTS]
    best = min(ends, key=lambda end: target(end)[0])
    p, q, gamma = (float(one) for one in np.exp(best))
    top = -target(best)[0] * len(mean) - len(mean) * float(np.log(unit))
    if q > 1 and (np.abs(best) > LIMIT - EDGE).any():
        return Spend(len(mean), typical, correlation=correlation, trouble="alike")
    trouble = "heavy" if q <= 1 else ""
    return Spend(len(mean), typical, p, q, gamma * unit, top, correlation, trouble)


def per_purchase(spend: Spend, x: Ints, mean: Floats) -> Floats:
    """E[M] of each customer; `mean` is not looked at where `x` is 0 or the value is not above zero."""
    known = (x > 0) & (mean > 0) & np.isfinite(mean)
    m, n = np.where(known, mean, 0.0), np.where(known, x, 0)
    if spend.trouble or spend.p is None or spend.q is None or spend.gamma is None:
        return np.asarray((n * m + WEIGHT * spend.typical) / (n + WEIGHT))
    return np.asarray(spend.p * (spend.gamma + m * n) / (spend.p * n + spend.q - 1))


def log_likelihoods(x: Ints, mean: Floats, p: float, q: float, gamma: float) -> Floats:
    """ln L of each customer."""
    value = special.gammaln(p * x + q) - special.gammaln(p * x) - special.gammaln(q) + q * np.log(gamma)
    value = value + (p * x - 1) * np.log(mean) + p * x * np.log(x)
    return np.asarray(value - (p * x + q) * np.log(gamma + mean * x))


def _correlation(x: Ints, mean: Floats) -> float | None:
    if len(x) < 3 or np.ptp(x) == 0 or np.ptp(mean) == 0:
        return None
    return float(np.corrcoef(x, mean)[0, 1])


def _descend(target: _Target, start: Floats) -> Floats:
    end = optimize.minimize(
        target,
        start,
        jac=True,
        method="L-BFGS-B",
        bounds=[(-LIMIT, LIMIT)] * 3,
        options={"ftol": 1e-13, "gtol": 1e-8, "maxiter": 500},
    )
    return np.asarray(end.x)


class _Target:
    """Minus the mean ln L per customer and its gradient over the logarithms of p, q and γ."""

    def __init__(self, x: Ints, mean: Floats) -> None:
        self.x, self.total, self.n = x.astype(np.float64), x * mean, len(x)
        self.values, counts = np.unique(x, return_counts=True)
        self.share = counts / self.n
        self.mean_x = float(self.x.mean())
        self.log_mean = float(np.log(mean).mean())
        self.fixed = float((self.x * np.log(self.total)).mean())  # x ln m + x ln x, per p.

    def __call__(self, logs: Floats) -> tuple[float, Floats]:
        p, q, gamma = np.exp(logs)
        px = p * self.values
        near = np.log(gamma + self.total)
        table = special.gammaln(px + q) - special.gammaln(px)
        value = (self.share * table).sum() - special.gammaln(q) + q * logs[2] + p * self.fixed - self.log_mean
        value -= ((p * self.x + q) * near).mean()
        both = special.digamma(px + q)
        dp = (
            (self.share * self.values * (both - special.digamma(px))).sum()
            + self.fixed
            - (self.x * near).mean()
        )
        dq = (self.share * both).sum() - special.digamma(q) + logs[2] - near.mean()
        d_gamma = q / gamma - ((p * self.x + q) / (gamma + self.total)).mean()
        return -float(value), -np.array([dp * p, dq * q, d_gamma * gamma])
