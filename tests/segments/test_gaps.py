from __future__ import annotations

import numpy as np
import pytest

from segments.numerics import gaps


def test_a_range_worked_out_by_hand():
    # 101 customers with one gap of 10 days; what followed was 10, 10.1 … 20 days: quantiles are plain.
    following = 10 + np.arange(101) / 10
    learned = gaps.learn(np.ones(101, int), np.full(101, 10.0), following)

    first, last = gaps.ranges(learned, np.array([1, 1, 1]), np.full(3, 10.0), np.array([1.0, 15.0, 25.0]))

    # Silent for a day: the tenth and ninetieth of a hundred. For 15 days: half were back, so the 55th and
    # 95th. For 25 days: later than all of them.
    assert first[:2] == pytest.approx([11, 15.5], abs=0.01)
    assert last[:2] == pytest.approx([19, 19.5], abs=0.01)
    assert np.isnan([first[2], last[2]]).all()


def test_many_gaps_of_their_own_count_more_than_those_of_others():
    luck = np.random.default_rng(3)
    usual = np.exp(luck.normal(3.4, 0.8, 20_000))
    count = luck.integers(1, 20, 20_000)
    drawn = usual[:, None] * np.exp(luck.normal(0, 0.7, (20_000, 20)))
    mean = np.array([row[:n].mean() for row, n in zip(drawn, count, strict=True)])

    learned = gaps.learn(count, mean, drawn[:, -1])
    slopes = [one.slope for one in learned.alike]

    assert len(slopes) == len(gaps.LEAST)
    assert slopes == sorted(slopes)
    assert slopes[0] < 0.7 < 0.9 < slopes[-1]


@pytest.mark.parametrize("shape", ["lognormal", "gamma"])
def test_four_in_five_next_purchases_of_strangers_lie_in_their_range(shape):
    luck = np.random.default_rng(5)

    def customers(many):
        usual = np.exp(luck.normal(3.4, 0.8, many))
        count = luck.integers(1, 12, many)
        noise = (
            np.exp(luck.normal(0, 0.7, (many, 13)))
            if shape == "lognormal"
            else luck.gamma(2, 0.5, (many, 13))
        )
        drawn = usual[:, None] * noise
        return count, np.array([row[:n].mean() for row, n in zip(drawn, count, strict=True)]), drawn[:, -1]

    learned = gaps.learn(*customers(20_000))
    count, mean, following = customers(20_000)
    at_once, later = (
        [(low <= following) & (following <= high)]
        for low, high in (
            gaps.ranges(learned, count, mean, np.ones(len(count))),
            gaps.ranges(learned, count, mean, np.full(len(count), 20.0)),
        )
    )

    assert np.mean(at_once) == pytest.approx(0.8, abs=0.015)
    assert np.mean(later[0][following > 20]) == pytest.approx(0.8, abs=0.03)


def test_too_few_gaps_give_no_range_and_strange_ones_do_not_break_it():
    few = gaps.learn(np.ones(99, int), np.full(99, 10.0), np.full(99, 10.0))
    equal = gaps.learn(np.ones(200, int), np.full(200, 10.0), np.full(200, 10.0))
    first, last = gaps.ranges(
        equal, np.array([1, 0, 3]), np.array([10.0, np.nan, 1e9]), np.array([2.0, 2.0, 2.0])
    )

    assert few is None
    assert (first[0], last[0]) == pytest.approx((10, 10))
    assert np.isnan(first[1])
    assert np.isfinite([first[2], last[2]]).all()
