from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from segments.numerics import rfm, rfm_maps
from segments.numerics.rfm_maps import SHAPES, Kind, Uncovered
from segments.rfm.groups import ADVICE, GROUPS, PLAIN

CELLS = [(r, c) for r in range(1, 6) for c in range(1, 6)]


@pytest.mark.parametrize("name", list(rfm_maps.MAPS))
def test_every_published_map_names_each_cell_once_and_its_names_have_words(name):
    found = rfm_maps.published(name)

    rows, columns = SHAPES[found.kind]
    assert (len(found.table), {len(row) for row in found.table}) == (rows, {columns})
    assert {code for row in found.table for code in row} == set(rfm_maps.MAPS[name])
    assert set(found.codes) <= set(GROUPS) & set(ADVICE) & set(PLAIN)
    assert len(found.codes) == {"ten": 10, "eleven": 11, "six": 6, "eight": 8}[name]


@settings(max_examples=60, deadline=None)
@given(st.sampled_from(list(rfm_maps.MAPS)), st.tuples(*[st.integers(0, 400)] * 3), st.integers(0, 9999))
def test_every_customer_is_in_exactly_one_group_of_every_map(name, one, seed):
    rng = np.random.default_rng(seed)
    days, orders, money = (np.append(rng.integers(0, 400, 30), value) * 1.0 for value in one)

    scores = rfm.score(days, orders, money, rfm.cut_points(days, orders, money), name)

    assert set(scores.group.tolist()) <= set(rfm_maps.MAPS[name])
    assert sum(map(sum, scores.grid())) == len(scores.group) == 31


@settings(max_examples=60, deadline=None)
@given(st.lists(st.tuples(st.sampled_from("abc"), st.sampled_from(CELLS)), max_size=60))
def test_a_map_is_taken_only_if_it_covers_every_cell_once_and_else_all_wrong_cells_are_named(claims):
    counted = [sum(1 for _code, at in claims if at == cell) for cell in CELLS]

    if counted == [1] * 25:
        table = rfm_maps.covering(claims)
        assert all((table[r - 1][c - 1], (r, c)) in claims for r, c in CELLS)
        return
    with pytest.raises(Uncovered) as refused:
        rfm_maps.covering(claims)
    assert refused.value.missing == [cell for cell, n in zip(CELLS, counted, strict=True) if n == 0]
    assert list(refused.value.doubled) == [cell for cell, n in zip(CELLS, counted, strict=True) if n > 1]


def test_a_whole_map_with_one_cell_twice_is_refused():
    whole = [("all", cell) for cell in CELLS]

    with pytest.raises(Uncovered) as refused:
        rfm_maps.covering([*whole, ("again", (3, 2))])

    assert rfm_maps.covering(whole)[0] == ("all",) * 5
    assert (refused.value.missing, refused.value.doubled) == ([], {(3, 2): ["all", "again"]})


# Five customers: days 10, 20, 30, 40, 50; orders 1, 1, 2, 3, 8; money 100, 20, 60, 500, 40.
# Medians by hand: 30 days, 2 orders, 60. Means by hand: 30 days, 3 orders, 144.
DAYS = np.array([10.0, 20, 30, 40, 50])
ORDERS = np.array([1.0, 1, 2, 3, 8])
MONEY = np.array([100.0, 20, 60, 500, 40])
BY_MEDIAN = ["important_growth", "general_growth", "general_win_back", "important_keep", "general_keep"]
BY_MEAN = ["general_growth", "general_growth", "general_win_back", "important_win_back", "general_keep"]


@pytest.mark.parametrize(
    ("middle", "values", "classes"),
    [("median", (30, 2, 60), BY_MEDIAN), ("mean", (30, 3, 144), BY_MEAN)],
)
def test_the_eight_classes_are_those_worked_out_by_hand(middle, values, classes):
    cuts = rfm.cut_points(DAYS, ORDERS, MONEY, middle)

    scores = rfm.score(DAYS, ORDERS, MONEY, cuts, "eight")

    assert cuts.middle == values
    assert scores.group.tolist() == classes


def test_orders_and_money_count_alike_in_maps_of_eleven_and_six():
    assert [rfm_maps.worth(f, m) for f, m in ((1, 1), (1, 2), (2, 2), (1, 5), (5, 4), (5, 5))] == [
        1, 2, 2, 3, 5, 5,
    ]  # fmt: skip
    eleven = rfm_maps.published("eleven")
    assert eleven.kind is Kind.RV
    assert eleven.table[4] == ("new", "new", "active", "champions", "champions")
    assert eleven.table[0] == ("dormant", "dormant", *["previously_loyal"] * 3)


@pytest.mark.parametrize("name", list(rfm_maps.MAPS))
def test_one_customer_and_customers_all_alike_share_one_group(name):
    for count in (1, 40):
        alike = np.full(count, 7.0)

        scores = rfm.score(alike, alike, alike, rfm.cut_points(alike, alike, alike), name)

        assert len(set(scores.group)) == 1


def test_endless_amounts_are_the_best_score_and_no_number_is_refused():
    money = np.array([-50.0, 10, 20, 30, 40, np.inf])
    days = orders = np.arange(1.0, 7)

    scores = rfm.score(days, orders, money, rfm.cut_points(days, orders, money))

    assert scores.monetary.tolist() == [1, 1, 2, 3, 4, 5]
    with pytest.raises(ValueError, match="must be numbers"):
        rfm.cut_points(days, orders, np.full(6, np.nan))
