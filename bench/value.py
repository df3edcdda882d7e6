"""A BG/NBD fit and the forecast of 52 weeks for every customer, beside the seconds that are promised."""

from __future__ import annotations

from collections.abc import Iterator
from time import perf_counter
from typing import Any

import numpy as np

from segments.numerics.value import fitting, forecast
from segments.numerics.value.histories import Histories

PEOPLE = {"small": 100_000, "large": 1_000_000}
SECONDS = {"small": 2, "large": 8}  # A small base has fewer alike customers to take together.
WEEKS = 104


def figures(size: str) -> Iterator[dict[str, Any]]:
    histories = planted(PEOPLE[size], seed=5)
    began = perf_counter()
    found = fitting.fit(histories)
    distinct, place = histories.grouped()
    forecast.purchases(found.params, distinct, np.array([52.0]))[place]
    seconds = perf_counter() - began
    yield {"name": "value", "value": round(seconds, 2), "unit": "s", "limit": SECONDS[size]}


def planted(customers: int, *, seed: int) -> Histories:
    """Customers who buy and leave as the model says, observed for half a year to two years, by days."""
    rng = np.random.default_rng(seed)
    age = rng.integers(26 * 7, WEEKS * 7, customers) / 7
    rate, leaves = rng.gamma(0.24, 1 / 4.41, customers), rng.beta(0.79, 2.43, customers)
    x, last, now = np.zeros(customers, int), np.zeros(customers), np.zeros(customers)
    there = np.arange(customers)
    while len(there):
        now[there] += rng.exponential(1 / np.maximum(rate[there], 1e-12))
        there = there[now[there] < age[there]]
        x[there] += 1
        last[there] = np.round(now[there] * 7) / 7
        there = there[rng.random(len(there)) > leaves[there]]
    return Histories.of(x, np.minimum(last, age), age)
