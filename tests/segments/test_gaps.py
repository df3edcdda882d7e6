from __future__ import annotations

import numpy as np
import pytest

from segments.numerics import gaps
from tests.segments import cdnow

AHEAD = 120


def at(days, opens):
    """(gaps, their mean, silent, days until the next purchase) of each list of days when a window opens."""
    found = []
    for one in days:
        seen, later = one[one <= opens], one[one > opens]
        n = len(seen) - 1
        mean = (seen[-1] - seen[0]) / n if n > 0 else np.nan
        found.append((n, mean, opens - seen[-1], later[0] - opens if len(later) else np.nan))
    count, *others = (np.array(column) for column in zip(*found, strict=True))
    return count.astype(np.int64), *(other.astype(float) for other in others)


def simulated(luck, many, shape):
    """Days of purchases: everybody has a usual gap, with chance around it."""
    usual = np.exp(luck.normal(3.2, 0.6, many))
    noise = (
        np.exp(luck.normal(0, 0.5, (many, 60))) if shape == "lognormal" else luck.gamma(3, 1 / 3, (many, 60))
    )
    days = luck.uniform(0, 100, many)[:, None] + np.cumsum(usual[:, None] * noise, axis=1)
    return [np.floor(row) for row in days if row[0] <= 200]


def test_a_range_worked_out_by_hand():
    # 101 customers with one gap of 10 days, silent for 5, who came 10, 10.1 … 20 days later.
    came = 10 + np.arange(101) / 10
    alike = np.ones(101, int), np.full(101, 10.0), np.full(101, 5.0)

    learned = gaps.learn(*alike, came, AHEAD)
    first, last = gaps.ranges(learned, *(one[:1] for one in alike))

    # One in ten came before day 11 and one in ten after day 19.
    assert (first[0], last[0]) == pytest.approx((11, 19), abs=0.01)
    assert gaps.Gaps.from_json(learned.as_json()) == learned


@pytest.mark.parametrize("shape", ["lognormal", "gamma"])
def test_four_in_five_strangers_come_back_in_their_range(shape):
    luck = np.random.default_rng(5)
    learned = gaps.learn(*at(simulated(luck, 12_000, shape), 200), AHEAD)

    count, mean, silent, came = at(simulated(luck, 12_000, shape), 200)
    first, last = gaps.ranges(learned, count, mean, silent)
    back = np.isfinite(first) & (came <= AHEAD)
    inside = (first <= came) & (came <= last)

    assert len(learned.alike) == len(gaps.LEAST)
    assert inside[back].mean() == pytest.approx(0.8, abs=0.015)
    for n in (1, 3, 6):
        assert inside[back & (count == n)].mean() == pytest.approx(0.8, abs=0.05)


def test_regular_customers_get_narrow_ranges_and_irregular_ones_wide_ones():
    luck = np.random.default_rng(7)
    regular = [np.floor(luck.uniform(0, 30) + 30 * np.arange(12) + luck.normal(0, 2, 12)) for _ in range(600)]
    learned = gaps.learn(*at(regular, 250), AHEAD)

    first, last = gaps.ranges(learned, np.array([7]), np.array([30.0]), np.array([10.0]))

    assert first[0] == pytest.approx(17, abs=5)  # 20 days are left of 30, give or take a few.
    assert last[0] == pytest.approx(24, abs=5)


def test_at_cdnow_four_in_five_of_those_who_come_back_do_so_in_their_range():
    orders, until = cdnow.orders(), cdnow.UNTIL.toordinal()
    days = [np.sort(orders.day[orders.who == who]) for who in range(len(orders.ids))]
    learned = gaps.learn(*at(days, until - 91), 91)

    count, mean, silent, came = at(days, until)
    first, last = gaps.ranges(learned, count, mean, silent)
    back = np.isfinite(first) & (came <= 91)

    assert back.sum() > 200
    assert ((first <= came) & (came <= last))[back].mean() == pytest.approx(0.8, abs=0.06)


def test_too_few_give_no_range_and_strange_ones_do_not_break_it():
    equal = np.ones(200, int), np.full(200, 10.0), np.full(200, 3.0)

    few = gaps.learn(*(one[:99] for one in equal), np.full(99, 10.0), AHEAD)
    learned = gaps.learn(*equal, np.full(200, 10.0), AHEAD)
    first, last = gaps.ranges(
        learned, np.array([1, 0, 3, 40]), np.array([10.0, np.nan, 1e9, 1.0]), np.array([3.0, 2.0, 2.0, 1e7])
    )

    assert few is None
    assert (first[0], last[0]) == pytest.approx((10, 10))
    assert np.isnan([first[1], first[2]]).all()
    assert 1 <= first[3] <= last[3] <= AHEAD
