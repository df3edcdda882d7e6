from __future__ import annotations

import numpy as np
import pytest

from feedback.numerics import drivers, shares


def test_planted_effects_are_recovered_and_a_mere_companion_is_not_blamed():
    draw = np.random.default_rng(5)
    speed = draw.integers(1, 6, 800).astype(float)
    companion = np.clip(speed + draw.integers(-1, 2, 800), 1, 5).astype(float)  # Goes along, does nothing.
    late = (draw.random(800) < 0.2).astype(float)
    score = 5 + 0.8 * (speed - 3) - 2.0 * late + draw.normal(0, 1.5, 800)

    found = {
        one.name: one
        for one in drivers.drivers(
            ["speed", "companion", "late"], np.column_stack([speed, companion, late]), score
        )
    }

    assert found["speed"].low <= 0.8 <= found["speed"].high
    assert found["late"].low <= -2 <= found["late"].high
    assert found["speed"].is_clear
    assert found["late"].is_clear
    assert not found["companion"].is_clear
    assert np.corrcoef(companion, score)[0, 1] > 0.3  # A correlation alone would have blamed it.


def test_noise_is_met_with_silence():
    draw = np.random.default_rng(9)
    loud = 0
    for _ in range(100):
        table = np.column_stack([draw.integers(1, 6, (200, 5)), draw.random((200, 3)) < 0.3]).astype(float)
        found = drivers.drivers(list("abcdefgh"), table, draw.integers(0, 11, 200).astype(float))
        loud += any(one.is_clear for one in found)

    assert loud <= 12


def test_unknown_answers_and_thin_data_are_borne():
    draw = np.random.default_rng(2)
    speed = draw.integers(1, 6, 400).astype(float)
    score = 3 + speed + draw.normal(0, 1, 400)
    speed[::3] = np.nan
    constant, rare = np.full(400, 4.0), np.zeros(400)

    (found,) = drivers.drivers(["speed", "constant", "rare"], np.column_stack([speed, constant, rare]), score)

    assert (found.name, found.n) == ("speed", 266)
    assert found.effect == pytest.approx(1, abs=0.15)
    assert drivers.drivers(["speed"], speed[:20, None], score[:20]) == []


def test_two_shares_are_compared_as_published():
    # Newcombe 1998, table II, (a) 56/70 against 48/80: 0.2, 0.0524 to 0.3339.
    found = shares.gap(shares.share(56, 70), shares.share(48, 80))

    assert (round(found.value, 4), round(found.low, 4), round(found.high, 4)) == (0.2, 0.0524, 0.3339)
    assert found.is_clear
    assert shares.share(0, 0) is None
