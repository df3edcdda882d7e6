from __future__ import annotations

import numpy as np
import pytest

from segments.numerics.prediction import calibrating, measures

CHANCE = np.array([0.9, 0.8, 0.7, 0.6, 0.5, 0.4, 0.3, 0.2, 0.1, 0.0])
DONE = np.array([True, True, False, True, False, False, False, False, False, False])


def test_measures_are_those_worked_out_by_hand():
    found = measures.of_chances(CHANCE, DONE)

    assert found["auc"] == pytest.approx(20 / 21)
    assert found["average_precision"] == pytest.approx((1 + 1 + 3 / 4) / 3)
    # Squares: .01 .04 .49 .16 .25 .16 .09 .04 .01 0
    assert found["brier"] == pytest.approx(0.125)
    # Ten bins of one each: |p − y| = .1 .2 .7 .4 .5 .4 .3 .2 .1 0
    assert found["ece"] == pytest.approx(0.29)
    assert found["top_decile_lift"] == pytest.approx(1 / 0.3)


def test_decisions_say_yes_from_one_half_on():
    found = measures.of_decisions(CHANCE, DONE)

    # Five are named, all three of whom it is true among them.
    assert found == pytest.approx({"precision": 0.6, "recall": 1, "f1": 0.75})
    assert measures.of_decisions(CHANCE / 10, DONE) == {"precision": 0, "recall": 0, "f1": 0}


def test_equal_chances_lift_nothing():
    assert measures.lift(np.full(10, 0.3), DONE) == pytest.approx(1)
    assert measures.lift(CHANCE, np.zeros(10)) is None
    assert measures.of_chances(CHANCE, np.ones(10, bool))["auc"] is None


def test_errors_of_numbers_are_those_worked_out_by_hand():
    found = measures.of_numbers(np.array([1.0, 2, 3]), np.array([1.0, 2, 6]))

    assert found == {"r2": pytest.approx(1 - 9 / 14), "mae": pytest.approx(1)}


@pytest.mark.parametrize("size", [800, 6000])
def test_calibration_sets_overconfident_chances_right(size):
    rng = np.random.default_rng(4)
    true = rng.random(size)
    done = rng.random(size) < true
    loud = 1 / (1 + ((1 - true) / true) ** 3)
    half = size // 2

    right = calibrating.calibrate(loud[:half], done[:half])

    kept = calibrating.Calibration.from_json(right.as_json())
    before = measures.calibration_error(loud[half:], done[half:])
    after = measures.calibration_error(right(loud[half:]), done[half:])
    assert (len(right.says) > 0) == (size == 6000)
    assert before > 0.1
    assert after < 0.06
    np.testing.assert_array_equal(kept(loud), right(loud))
    assert (np.diff(right(np.linspace(0, 1, 50))) >= 0).all()
