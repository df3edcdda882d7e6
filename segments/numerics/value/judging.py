"""How a forecast did in a time it had not seen."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

from segments.numerics.value import forecast
from segments.numerics.value.histories import Floats, Histories, Ints
from segments.numerics.value.likelihood import Params

CLASSES = 7  # 0 to 6 repeat purchases, and more.
DECILES = 10


@dataclass(frozen=True, slots=True)
class Group:
    """`customers` who stand together, and their mean purchases: `actual` and `expected`."""

    label: int
    customers: int
    actual: float
    expected: float


@dataclass(frozen=True, slots=True)
class Verdict:
    """`mae` is the mean absolute error per customer, `naive_mae` that of "as often as before, for ever".

    `by_frequency` groups by repeat purchases before (the last label: that many or more), `by_expected` into
    tenths by the forecast, the lowest first.
    """

    actual: int
    expected: float
    correlation: float | None
    mae: float
    naive_mae: float
    by_frequency: tuple[Group, ...]
    by_expected: tuple[Group, ...]


def judge(params: Params, histories: Histories, actual: Ints, length: float) -> Verdict:
    """Compare with what each customer did buy within `length` after the end of observation."""
    distinct, place = histories.grouped()
    expected = forecast.purchases(params, distinct, np.array([length]))[:, 0][place]
    naive = histories.x * length / np.maximum(histories.age, length / 1000)
    varied = np.ptp(expected) > 0 and np.ptp(actual) > 0 if len(actual) > 1 else False
    return Verdict(
        int(actual.sum()),
        float(expected.sum()),
        float(np.corrcoef(expected, actual)[0, 1]) if varied else None,
        float(np.abs(expected - actual).mean()),
        float(np.abs(naive - actual).mean()),
        _groups(np.minimum(histories.x, CLASSES), actual, expected),
        _groups(_tenths(expected), actual, expected),
    )


def _tenths(expected: Floats) -> Ints:
    ranks = np.empty(len(expected), np.int64)
    ranks[np.argsort(expected, kind="stable")] = np.arange(len(expected))
    return ranks * DECILES // max(len(expected), 1) + 1


def _groups(labels: Ints, actual: Ints, expected: Floats) -> tuple[Group, ...]:
    found = []
    for label in np.unique(labels):
        rows = labels == label
        mean = float(actual[rows].mean()), float(expected[rows].mean())
        found.append(Group(int(label), int(rows.sum()), *mean))
    return tuple(found)


def tracking(params: Params, births: Ints, day: float) -> Floats:
    """Repeat purchases expected until the end of each day, of customers who come as `births` (per day) tell.

    `day` is the length of a day in the unit of `params`.
    """
    grown = forecast.new_customer(params, np.arange(len(births), dtype=np.float64) * day)
    size = 2 * len(births)
    whole = np.fft.irfft(np.fft.rfft(births, size) * np.fft.rfft(grown, size), size)
    return np.asarray(np.maximum(whole[: len(births)], 0))


def histogram(params: Params, histories: Histories, most: int = CLASSES) -> tuple[Ints, Floats, float]:
    """Customers with 0 … `most` or more repeat purchases: actual, expected, and χ² between them."""
    ages, place = np.unique(histories.age, return_inverse=True)
    chances = forecast.count_chances(params, ages, most - 1)
    expected = np.bincount(place, weights=histories.counts, minlength=len(ages)) @ chances
    expected = np.append(expected, histories.customers - expected.sum())
    actual = np.bincount(np.minimum(histories.x, most), weights=histories.counts, minlength=most + 1)
    counts = actual.astype(np.int64)
    return counts, expected, float(((counts - expected) ** 2 / np.maximum(expected, 1e-12)).sum())
