"""What each customer is worth: purchases to come, discounted, times what they spend and what stays of it."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segments.numerics.value import forecast
from segments.numerics.value.histories import Floats, Histories
from segments.numerics.value.likelihood import Params
from segments.numerics.value.spend import Spend, per_purchase

WEEKS_A_YEAR = 52


@dataclass(frozen=True, slots=True)
class Terms:
    """`horizon` and `week` in the unit of the histories, `margin` 0–1, `discount` a year (0.1 is 10 %)."""

    horizon: float
    margin: float
    discount: float
    week: float = 1.0


@dataclass(frozen=True, slots=True)
class Worth:
    """Per customer: P(alive), purchases within the horizon, money per purchase, and discounted margin."""

    alive: Floats
    expected: Floats
    per_purchase: Floats
    clv: Floats

    @property
    def total(self) -> float:
        return float(self.clv.sum())


def of(params: Params, spend: Spend, histories: Histories, mean: Floats, terms: Terms) -> Worth:
    """Value of every row: Σ margin · E[M] · (E[Y(k)] − E[Y(k−1)]) / (1 + d)^k over weeks k, d per week."""
    alive = forecast.alive(params, histories)
    ends = _ends(terms)
    # What somebody still there buys: in all, and discounted by the week in which it comes.
    sums = np.column_stack([np.arange(len(ends)) == len(ends) - 1, _by_end(ends, terms.discount)])
    bought = forecast.bought_by(params, histories.x, histories.age, ends, sums)
    money = per_purchase(spend, histories.x, mean)
    return Worth(alive, alive * bought[:, 0], money, terms.margin * money * alive * bought[:, 1])


def discounted_purchases(params: Params, histories: Histories, terms: Terms) -> Floats:
    """Σ (E[Y(k)] − E[Y(k−1)]) / (1 + d)^k of each row."""
    ends = _ends(terms)
    return np.asarray(forecast.purchases(params, histories, ends) @ _by_end(ends, terms.discount))


def _ends(terms: Terms) -> Floats:
    """The ends of the weeks until the horizon, the last one cut short."""
    weeks = np.arange(1, int(np.ceil(terms.horizon / terms.week - 1e-9)) + 1)
    return np.asarray(np.minimum(weeks * terms.week, terms.horizon), np.float64)


def _by_end(ends: Floats, yearly: float) -> Floats:
    """Factors of E[Y] at the ends of weeks: each week's purchases are discounted by its number."""
    weeks = (1 + yearly) ** (-np.arange(1, len(ends) + 1) / WEEKS_A_YEAR)
    return np.asarray(weeks - np.append(weeks[1:], 0))
