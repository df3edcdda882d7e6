"""Scores against published and hand-computed figures."""

from __future__ import annotations

import random

import numpy as np
import pytest

from feedback.numerics import scores


@pytest.mark.parametrize(
    ("counts", "value", "margin"),
    [
        ({10: 50, 8: 30, 3: 20}, 30.0, 15.3),  # Cross Validated, margin of error of an NPS.
        ({10: 500, 8: 300, 3: 200}, 30.0, 4.8),
        ({9: 45, 7: 325, 0: 30}, 3.75, 4.2),
    ],
)
def test_the_normal_interval_is_the_published_one(counts, value, margin):
    found = scores.score("nps", counts)

    assert found.value == pytest.approx(value)
    assert found.high - found.value == pytest.approx(margin, abs=0.05)
    assert found.value - found.low == pytest.approx(margin, abs=0.05)


def test_the_borders_of_the_groups_are_those_of_the_definition():
    counts = dict.fromkeys(range(11), 1)

    nps = scores.score("nps", counts)

    assert (nps.bad, nps.middle, nps.good) == (7, 2, 2)
    assert nps.value == pytest.approx(100 * (2 - 7) / 11)


def test_skipped_answers_are_in_no_denominator():
    assert scores.score("nps", {10: 1, 0: 1, None: 8}) == scores.score("nps", {10: 1, 0: 1})
    assert scores.score("csat", {None: 8}) is None
    assert scores.score("csat", {}) is None


def test_the_score_interval_is_the_published_one_of_tango():
    # Bentur 2009 in Fagerland, Lydersen and Laake (2014): 1 against 7 of 21 pairs, −0.517 to −0.026.
    low, high = scores.paired_interval(1, 7, 21)

    assert (round(low, 3), round(high, 3)) == (-0.517, -0.026)


@pytest.mark.parametrize(("plus", "minus", "n"), [(9, 1, 10), (3, 3, 20), (12, 1, 25), (0, 2, 7), (5, 4, 9)])
def test_the_score_interval_solves_the_equation_of_fourth_degree(plus, minus, n):
    # Yang, Sun and Hardin (2013) give Tango's limits as the outer roots of a polynomial: another way there.
    g, d, s = scores.Z95**2, plus - minus, plus + minus
    polynomial = [
        n**2 * (n / g + 1) ** 2,
        -n * d * (n / g + 1) * (4 * n / g + 1),
        2 * n * d**2 * (3 * n / g + 2) / g - n**2 * (s / g + 1),
        n * d * (2 * s / g + 1) - d**3 * (4 * n / g + 1) / g,
        d**2 * (d**2 / g - s) / g,
    ]
    roots = [root.real for root in np.roots(polynomial) if abs(root.imag) < 1e-7]

    low, high = scores.paired_interval(plus, minus, n)

    assert (low, high) == pytest.approx((min(roots), max(roots)), abs=1e-6)


def test_no_interval_leaves_the_scale_and_each_holds_its_score():
    for n in (1, 2, 5, 9, 29, 30, 31, 40):
        for promoters in range(n + 1):
            for detractors in range(n - promoters + 1):
                value = 100 * (promoters - detractors) / n
                low, high = scores.nps_interval(promoters, detractors, n)
                assert -100 <= low <= value <= high <= 100
                assert high - low > 0


def test_everybody_happy_is_still_not_certain():
    few = scores.score("nps", {10: 10})
    many = scores.score("nps", {10: 300})

    assert few.high == many.high == 100
    assert few.low < many.low < 100


def test_turning_the_answers_round_turns_the_interval_round():
    one = scores.nps_interval(9, 1, 12)
    other = scores.nps_interval(1, 9, 12)

    assert other == pytest.approx((-one[1], -one[0]))


@pytest.mark.parametrize(
    ("successes", "n", "low", "high"),
    [
        (81, 263, 25.53, 36.62),  # Newcombe (1998), Table I, Wilson's score method.
        (15, 148, 6.24, 16.05),
        (0, 20, 0.0, 16.11),
        (1, 29, 0.61, 17.18),
    ],
)
def test_wilson_is_the_published_one(successes, n, low, high):
    assert scores.wilson(successes, n) == pytest.approx((low, high), abs=0.006)


def test_csat_is_the_share_of_the_top_two_and_ces_of_the_top_three():
    csat = scores.score("csat", {5: 6, 4: 2, 3: 1, 1: 1})
    ces = scores.score("ces", {7: 1, 5: 2, 4: 3, 1: 4})

    assert (csat.value, csat.good, csat.middle, csat.bad) == (80.0, 8, 1, 1)
    assert (ces.value, ces.good, ces.middle, ces.bad) == (30.0, 3, 3, 4)


def test_the_order_of_the_answers_means_nothing():
    answers = [random.Random(3).randint(0, 10) for _ in range(200)]
    forward = {score: answers.count(score) for score in range(11)}
    backward = {score: answers.count(score) for score in reversed(range(11))}

    assert scores.score("nps", forward) == scores.score("nps", backward)


def test_two_waves_are_compared_by_their_errors():
    before = scores.score("nps", {10: 50, 8: 30, 3: 20})
    after = scores.score("nps", {10: 500, 8: 300, 3: 200})
    better = scores.score("nps", {10: 600, 8: 300, 3: 100})

    same = scores.difference(before, after)
    clear = scores.difference(better, after)

    assert (same.value, same.p_value) == (0.0, 1.0)
    # SE² = .61 / 1000 and (.7 − .25) / 1000, so z = .2 / √(.00106).
    assert clear.z == pytest.approx(0.2 / 0.00106**0.5)
    assert clear.p_value < 0.001
    assert clear.low > 0


@pytest.mark.parametrize("kind", ["nps", "csat", "ces"])
def test_groups_taken_together_are_scored_as_one(kind):
    one, other = {1: 4, 3: 2, 5: 7, 4: 1}, {2: 1, 5: 3, 4: 6}
    both = {value: one.get(value, 0) + other.get(value, 0) for value in range(1, 6)}

    found = scores.together([scores.score(kind, one), scores.score(kind, other)])

    assert found == scores.score(kind, both)
    assert scores.together([]) is None


def test_differences_of_a_handful_are_never_certain():
    happy = scores.score("nps", {10: 3})
    angry = scores.score("nps", {0: 3})

    assert 0 < scores.difference(happy, angry).p_value < 0.05
    assert scores.difference(happy, happy).p_value == 1.0
