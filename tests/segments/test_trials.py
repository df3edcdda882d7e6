"""Published and hand-computed figures of experiments and hold-outs."""

from __future__ import annotations

import numpy as np
import pytest

from segments.numerics import comparing, effects, trials


@pytest.mark.parametrize(
    ("base", "other", "per_arm"),
    [
        (0.02, 0.025, 13_809),
        (0.02, 0.03, 3_826),
        (0.03, 0.04, 5_301),
        (0.05, 0.06, 8_158),
        (0.20, 0.22, 6_510),
        (0.20, 0.25, 1_094),
        (0.35, 0.40, 1_471),
        (0.01, 0.015, 7_750),
        (0.005, 0.0075, 15_599),
    ],
)
def test_so_many_people_are_needed_per_arm(base, other, per_arm):
    assert trials.sample_size(base, other) == per_arm
    assert trials.sample_size(other, base) == per_arm


def test_what_can_be_seen_at_all_is_the_other_way_round():
    assert trials.smallest_difference(0.02, 3_826) == pytest.approx(0.01, abs=1e-5)
    assert trials.smallest_difference(0.02, 1) == 0.98


def test_two_thousand_people_and_two_percent_show_only_a_rise_by_three_quarters():
    assert trials.smallest_difference(0.02, 1_000) == pytest.approx(0.0212, abs=5e-4)
    assert trials.smallest_lift(0.02, 1_800, 200) == pytest.approx(0.029, abs=5e-4)


@pytest.mark.parametrize(
    ("successes", "sizes", "chance", "z", "p_value"),
    [
        ((150, 180), (1_000, 1_000), 0.9645, 1.807, 0.0707),
        ((100, 120), (10_000, 10_000), 0.9120, 1.356, 0.1751),
    ],
)
def test_a_high_chance_to_win_is_no_proof(successes, sizes, chance, z, p_value):
    found = trials.read(successes, sizes, planned=sizes[0], is_over=True)

    assert found.chances[1] == pytest.approx(chance, abs=2e-4)
    assert comparing.shares(successes, sizes).statistic == pytest.approx(z, abs=1e-3)
    assert found.p_value == pytest.approx(p_value, abs=1e-4)
    assert found.verdict == trials.ALIKE


def test_the_expected_loss_is_what_a_simulation_finds():
    random = np.random.default_rng(4)
    draws = np.array([random.beta(1 + x, 1 + 1000 - x, 400_000) for x in (150, 180, 170)])

    losses = trials.expected_losses((150, 180, 170), (1000, 1000, 1000))

    assert losses == pytest.approx((draws.max(axis=0) - draws).mean(axis=1), abs=1e-4)


@pytest.mark.parametrize(
    ("successes", "sizes", "over", "verdict"),
    [
        ((20, 90), (400, 400), False, "early"),
        ((20, 90), (400, 400), True, "winner"),
        ((80, 85), (1000, 1000), False, "alike"),
        ((20, 22), (400, 400), True, "short"),
        ((200, 300), (1000, 1250), True, "unfair"),
        ((0, 0), (0, 0), False, "early"),
        ((0, 0), (1000, 1000), True, "alike"),
        ((50, 90, 52), (1000, 1000, 1000), True, "winner"),
        ((50, 90, 86), (1000, 1000, 1000), True, "alike"),
    ],
)
def test_the_verdicts_of_the_one_look(successes, sizes, over, verdict):
    assert trials.read(successes, sizes, planned=1000, is_over=over).verdict == verdict


def test_the_order_of_arms_does_not_matter():
    one = trials.read((150, 180), (1000, 1000), planned=1000, is_over=True)
    other = trials.read((180, 150), (1000, 1000), planned=1000, is_over=True)

    assert (one.best, other.best) == (1, 0)
    assert one.difference == pytest.approx(other.difference)
    assert one.losses == pytest.approx(other.losses[::-1])


def _won(a, b, n, planned):
    return trials.read((int(a), int(b)), (n, n), planned=planned, is_over=False).verdict == trials.WINNER


def test_ten_looks_find_winners_that_are_none_and_one_look_does_not():
    random, runs, per_arm = np.random.default_rng(20), 400, 2000
    looks = np.arange(200, per_arm + 1, 200)
    arms = random.binomial(1, 0.20, size=(2, runs, per_arm)).cumsum(axis=2)[:, :, looks - 1]

    peeked = 0
    for run in range(runs):
        peeked += any(
            comparing.shares((int(arms[0, run, k]), int(arms[1, run, k])), (int(n), int(n))).p_value < 0.05
            for k, n in enumerate(looks)
        )
    planned = sum(
        any(_won(arms[0, run, k], arms[1, run, k], int(n), per_arm) for k, n in enumerate(looks))
        for run in range(runs)
        if comparing.shares(tuple(map(int, arms[:, run, -1])), (per_arm, per_arm)).p_value < 0.10
    )

    assert peeked / runs == pytest.approx(0.198, abs=0.03)
    assert planned / runs <= 0.05


def test_those_held_out_would_have_bought_anyway():
    found = comparing.shares((50, 540), (1_000, 9_000))

    assert found.difference == pytest.approx(0.01)
    assert found.interval == (pytest.approx(-0.0044, abs=1e-4), pytest.approx(0.0244, abs=1e-4))


def test_the_bootstrap_of_amounts_covers_the_truth_and_repeats_itself():
    random = np.random.default_rng(3)
    treated, control = random.lognormal(3, 1, 500), random.lognormal(3, 1, 40)

    first = effects.amounts(treated, 5000, control, 500, seed=7, winsorise=False)
    again = effects.amounts(treated, 5000, control, 500, seed=7, winsorise=False)

    everyone = [np.concatenate([v, np.zeros(n - len(v))]) for v, n in ((treated, 5000), (control, 500))]
    plain = comparing.means(comparing.arm(everyone[1]), comparing.arm(everyone[0]))
    assert first == again
    assert first.difference == pytest.approx(plain.difference)
    assert first.interval[0] < first.difference < first.interval[1]
    assert first.interval == (
        pytest.approx(plain.interval[0], abs=0.25),
        pytest.approx(plain.interval[1], abs=0.25),
    )


def test_one_rich_buyer_is_cut_to_the_99th_percentile():
    control = np.full(100, 20.0)
    treated = np.append(np.full(199, 20.0), 100_000.0)

    found = effects.amounts(treated, 2000, control, 1000, seed=1)

    assert found.cut == 1
    assert found.cap == pytest.approx(20.0, abs=1000)
    assert abs(found.difference) < 1


def test_several_campaigns_are_weighted_by_how_sure_each_is():
    found = effects.pool([0.02, 0.01], [0.01, 0.005])

    assert found.weights == pytest.approx([0.2, 0.8])
    assert found.effect == pytest.approx(0.012)
    assert found.interval == (
        pytest.approx(0.012 - 1.96 * 0.004472, abs=1e-5),
        pytest.approx(0.012 + 1.96 * 0.004472, abs=1e-5),
    )
    assert effects.pool([0.5], [0.0]) is None
