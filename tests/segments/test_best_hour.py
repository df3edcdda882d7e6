"""The best hour, against numbers worked out by hand."""

from __future__ import annotations

import numpy as np
import pytest

from segments.numerics import best_hour


def clicks(**hours: int) -> np.ndarray:
    counted = np.zeros(24)
    for hour, n in hours.items():
        counted[int(hour[1:])] = n
    return counted


def test_a_posterior_share_worked_out_by_hand():
    """Eight clicks at 20: smoothed 4 there and 2 beside; with ten of an even prior: (4 + 10/24) / 18."""
    share = best_hour.posterior(clicks(h20=8), np.full(24, 1 / 24))

    assert share[20] == pytest.approx((4 + 10 / 24) / 18)
    assert share[19] == share[21] == pytest.approx((2 + 10 / 24) / 18)
    assert share.sum() == pytest.approx(1)


def test_without_any_click_it_is_ten_and_a_group_of_clicks_moves_it():
    nothing = np.zeros(24)

    assert best_hour.of_group(nothing, nothing) == 10
    assert best_hour.of_group(nothing, clicks(h18=50)) == 18
    assert best_hour.of_group(clicks(h7=50), clicks(h18=50)) == 7


def test_four_clicks_of_a_person_decide_nothing_and_twelve_do():
    group = clicks(h9=100)
    people = np.array([clicks(h21=4), clicks(h21=12), clicks()])

    assert best_hour.of_people(people, group, group).tolist() == [9, 21, 9]


def test_the_order_of_people_changes_nothing():
    people = np.array([clicks(h21=12), clicks(h6=9), clicks(h14=30)])
    group = clicks(h9=10)

    forth = best_hour.of_people(people, group, group)
    back = best_hour.of_people(people[::-1], group, group)

    assert forth.tolist() == back[::-1].tolist() == [21, 6, 14]
