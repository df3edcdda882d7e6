from __future__ import annotations

import numpy as np
import pytest

from feedback.numerics import scores, trends, weighting
from feedback.numerics.weighting import Stratum


def nps(promoters, passives, detractors):
    return scores.score("nps", {10: promoters, 8: passives, 0: detractors})


def test_the_weighted_estimate_recovers_what_all_customers_think_when_happy_ones_answer_more():
    draw = np.random.default_rng(7)
    inside, raw, weighted = 0, [], []
    for _ in range(100):
        # 1,000 fans of whom half answer, 3,000 others of whom a tenth does; true NPS 0.25·70 + 0.75·−30 = −5.
        fans, others = draw.binomial(1000, 0.5), draw.binomial(3000, 0.1)
        a, b = draw.multinomial(fans, [0.8, 0.1, 0.1]), draw.multinomial(others, [0.2, 0.3, 0.5])
        strata = [Stratum("fans", 1000, nps(*map(int, a))), Stratum("others", 3000, nps(*map(int, b)))]
        found = weighting.estimate(strata)
        raw.append(nps(*map(int, a + b)).value)
        weighted.append(found.value)
        inside += found.low <= -5 <= found.high

    assert np.mean(raw) > 25
    assert abs(np.mean(weighted) + 5) < 1.5
    assert inside >= 88  # Of a hundred 95 % intervals.
    assert weighting.is_biased(strata)


def test_thin_groups_are_put_together_and_silent_ones_are_owned_up_to():
    strata = [
        Stratum("big", 100, nps(30, 10, 10)),
        Stratum("a", 20, nps(2, 1, 0)),
        Stratum("b", 20, nps(0, 1, 2)),
        Stratum("silent", 60, None),
    ]

    found = weighting.estimate(strata)

    assert found.value == pytest.approx((100 * 40 + 40 * 0) / 140)
    assert found.silent == pytest.approx(0.3)
    assert weighting.estimate([Stratum("silent", 60, None)]) is None


def test_ces_is_read_in_three_ways():
    found = scores.ease({1: 2, 3: 1, 4: 1, 5: 2, 6: 1, 7: 3, None: 9})

    assert found.n == 10
    assert found.mean == pytest.approx(4.6)
    assert found.easy == pytest.approx(60)
    assert found.index == pytest.approx(10)
    assert found.mean_low < 4.6 < found.mean_high <= 7
    assert scores.ease({None: 3}) is None


@pytest.mark.parametrize(
    ("points", "counts", "value"),
    [
        (3, {1: 1, 2: 1, 3: 2}, 50),
        (4, {1: 1, 2: 1, 3: 1, 4: 1}, 50),
        (5, {1: 1, 3: 1, 4: 1, 5: 1}, 50),
        (7, {5: 2, 6: 1, 7: 1}, 50),
        (10, {7: 3, 8: 1, 9: 1, 10: 1}, 50),
    ],
)
def test_csat_counts_the_upper_steps_of_its_scale(points, counts, value):
    assert scores.score("csat", counts, points).value == value


def test_a_moving_window_adds_the_periods_before():
    found = trends.moving("nps", [{10: 1}, {0: 1}, {}, {10: 2, None: 5}], 2)

    assert [one and (one.n, one.value) for one in found] == [(1, 100), (2, 0), (1, -100), (2, 100)]


def test_many_comparisons_are_judged_more_strictly():
    assert trends.holm([0.01, 0.04, 0.03]) == pytest.approx([0.03, 0.06, 0.06])
    assert trends.holm([]) == []
