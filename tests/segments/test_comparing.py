from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

from segments.numerics import comparing


@pytest.mark.parametrize(
    ("successes", "trials", "z", "p", "wins"),
    [
        ((150, 180), (1000, 1000), 1.807, 0.0707, 0.9645),
        ((100, 120), (10_000, 10_000), 1.356, 0.1751, 0.9120),
    ],
)
def test_shares_have_the_published_z_and_win_chance(successes, trials, z, p, wins):
    found = comparing.shares(successes, trials)

    assert (found.statistic, found.p_value) == (pytest.approx(z, abs=5e-4), pytest.approx(p, abs=5e-5))
    assert comparing.win_chances(successes, trials)[1] == pytest.approx(wins, abs=5e-5)


def test_the_interval_of_a_difference_uses_the_unpooled_error():
    found = comparing.shares((50, 540), (1000, 9000))

    assert found.interval == pytest.approx((-0.0044, 0.0244), abs=5e-5)


def test_few_successes_get_newcombes_interval():
    # Newcombe 1998, table II: 5/56 and 0/29 differ by .0893, interval −.0381 to .1926 (method 10).
    found = comparing.shares((0, 5), (29, 56))

    assert found.interval == pytest.approx((-0.0381, 0.1926), abs=5e-4)


def test_wilsons_interval_is_that_of_the_paper():
    # Newcombe 1998: 81/263 has .2553 to .3662; 0/20 has 0 to .1611.
    assert comparing.wilson(81, 263) == pytest.approx((0.2553, 0.3662), abs=5e-5)
    assert comparing.wilson(0, 20) == pytest.approx((0.0, 0.1611), abs=5e-5)


def test_means_are_compared_as_welch_did():
    rng = np.random.default_rng(2)
    one, other = rng.lognormal(0, 1, 40), rng.lognormal(0.4, 2, 90)

    found = comparing.means(comparing.arm(one), comparing.arm(other))
    truth = stats.ttest_ind(other, one, equal_var=False)

    assert (found.statistic, found.p_value) == pytest.approx((truth.statistic, truth.pvalue))
    assert found.interval == pytest.approx(tuple(truth.confidence_interval(0.95)))


def test_arms_without_any_difference_or_spread_do_not_fail():
    flat = comparing.arm(np.full(5, 3.0))

    assert comparing.means(flat, flat).p_value == 1.0
    assert comparing.shares((0, 0), (10, 20)).p_value == 1.0
    assert comparing.means(flat, comparing.arm(np.array([1.0]))).p_value != 0


def test_equal_arms_win_equally_often_and_all_chances_are_one():
    found = comparing.win_chances([10, 10, 10], [100, 100, 100])

    assert found == pytest.approx([1 / 3] * 3, abs=1e-3)
    assert sum(comparing.win_chances([3, 40, 900], [10_000, 10_000, 1_000_000])) == pytest.approx(1)


def test_an_unfair_split_is_noticed():
    assert comparing.split_chance([21307, 21387, 21306])[1] == pytest.approx(0.904, abs=5e-4)
    assert comparing.split_chance([1000, 1200])[1] < comparing.UNFAIR
    assert comparing.split_chance([100, 900], [1, 9])[1] == pytest.approx(1)


def test_several_comparisons_are_corrected_as_holm_did():
    assert comparing.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
