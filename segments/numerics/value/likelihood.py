"""Likelihood of purchase histories: BG/NBD, its variant MBG/NBD, and NBD, where nobody ever leaves.

Customers buy at rates λ ~ Gamma(r, rate α) and after a purchase leave for ever with chance p ~ Beta(a, b).
BG/NBD: after each repeat purchase (Fader, Hardie and Lee 2005, Marketing Science 24(2)). MBG/NBD: after the
first one too (Batislam, Denizel and Filiztekin 2007), so one-time buyers are not alive for ever.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

import numpy as np

from segments.numerics.late import late
from segments.numerics.value.histories import Floats, Histories, Ints

special = late("scipy.special")

type Model = Literal["bgnbd", "mbgnbd"]


@dataclass(frozen=True, slots=True)
class Params:
    """`alpha` in the unit of time of the histories. Without drop-out (NBD) `a` and `b` are None."""

    r: float
    alpha: float
    a: float | None = None
    b: float | None = None
    model: Model = "bgnbd"

    def chances(self, x: Ints) -> Ints:
        """How often a customer with `x` repeat purchases could have left so far."""
        return x + (self.model == "mbgnbd")


def log_likelihoods(params: Params, histories: Histories) -> Floats:
    """ln L of each row (not times its count)."""
    p, x = params, histories.x
    waited = -(p.r + x) * np.log(p.alpha + histories.age)
    bought = special.gammaln(p.r + x) - special.gammaln(p.r) + p.r * np.log(p.alpha)
    if p.a is None or p.b is None:
        return np.asarray(bought + waited)
    s = p.chances(x)
    stayed = (
        special.gammaln(p.a + p.b)
        + special.gammaln(p.b + s)
        - special.gammaln(p.b)
        - special.gammaln(p.a + p.b + s)
    )
    return np.asarray(bought + stayed + np.logaddexp(waited, _left(params, histories)))


def log_likelihood(params: Params, histories: Histories) -> float:
    """ln L of everybody."""
    return float((log_likelihoods(params, histories) * histories.counts).sum())


def _left(params: Params, histories: Histories) -> Floats:
    """Logarithm of the part of those who left at their last purchase; −∞ where nobody can have."""
    assert params.a is not None
    assert params.b is not None
    s = params.chances(histories.x)
    odds = np.log(params.a) - np.log(params.b + np.maximum(s, 1) - 1)
    left = odds - (params.r + histories.x) * np.log(params.alpha + histories.last)
    return np.where(s > 0, left, -np.inf)


class Surface:
    """Minus the mean ln L per customer and its gradient over the logarithms of (r, α) or (r, α, a, b).

    What depends on x only is computed once per distinct x, as gamma functions cost most.
    """

    def __init__(self, histories: Histories, model: Model) -> None:
        self.h, self.model = histories, model
        self.values, self.code = np.unique(histories.x, return_inverse=True)
        self.weight = histories.counts / histories.counts.sum()
        self.share = np.bincount(self.code, weights=self.weight)
        self.x = histories.x.astype(np.float64)
        self.s = self.values + (model == "mbgnbd")
        self.can_leave = (self.s > 0)[self.code]

    def __call__(self, logs: Floats) -> tuple[float, Floats]:
        r, alpha = np.exp(logs[:2])
        waited, bought = np.log(alpha + self.h.age), np.log(alpha + self.h.last)
        stays = np.ones(len(self.x))
        both = -(r + self.x) * waited
        rest = np.zeros(0)
        table = special.gammaln(r + self.values) - special.gammaln(r) + r * logs[1]
        if len(logs) == 4:
            a, b = np.exp(logs[2:])
            later = np.maximum(self.s, 1) - 1
            odds = np.where(self.s > 0, logs[2] - np.log(b + later), -np.inf)
            both = np.logaddexp(both, odds[self.code] - (r + self.x) * bought)
            stays = np.exp(-(r + self.x) * waited - both)
            left = np.bincount(self.code, weights=self.weight * np.where(self.can_leave, 1 - stays, 0))
            table = (
                table
                + special.gammaln(a + b)
                + special.gammaln(b + self.s)
                - special.gammaln(b)
                - special.gammaln(a + b + self.s)
            )
            shared = special.digamma(a + b) - special.digamma(a + b + self.s)
            da = (self.share * shared).sum() + left.sum() / a
            fewer = np.where(self.s > 0, 1 / (b + later), 0)
            db = (
                self.share * (shared + special.digamma(b + self.s) - special.digamma(b)) - left * fewer
            ).sum()
            rest = np.array([da * a, db * b])
        weighted = self.weight * stays
        gone = self.weight - weighted
        dr = (self.share * (special.digamma(r + self.values) - special.digamma(r))).sum() + logs[1]
        dr -= (weighted * waited + gone * bought).sum()
        hazard = weighted / (alpha + self.h.age) + gone / (alpha + self.h.last)
        d_alpha = r / alpha - ((r + self.x) * hazard).sum()
        value = (self.share * table).sum() + (self.weight * both).sum()
        return -float(value), -np.concatenate([[dr * r, d_alpha * alpha], rest])
