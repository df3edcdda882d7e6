from __future__ import annotations

import itertools
import json
from datetime import date
from functools import cache

import numpy as np
import pytest

from segments.numerics.lapse import columns, fitting, history
from segments.numerics.lapse.fitting import Fitted
from segments.numerics.lapse.history import NEVER, LooksAhead, Orders
from segments.numerics.lapse.reasons import reasons
from segments.numerics.prediction import measures
from tests.segments import cdnow

UNTIL = cdnow.UNTIL.toordinal()
DAYS = 90


def few(*rows):
    """Orders given as (customer, day, amount, returned)."""
    who, day, amount, returned = zip(*rows, strict=True)
    return Orders.of(np.array(who), np.array(day), np.array(amount, float), np.array(returned))


def past(orders=None, until=UNTIL, days=DAYS):
    orders = orders or cdnow.orders()
    return [history.window(orders, one, days) for one in history.openings(int(orders.day.min()), until, days)]


@cache
def fitted():
    return fitting.fit(past(), UNTIL)


def test_customers_are_seen_as_they_were_on_that_day():
    orders = few((7, 10, 5, NEVER), (7, 20, 15, NEVER), (7, 40, 30, NEVER), (8, 12, 9, 25), (9, 31, 1, NEVER))

    early, late = history.frame(orders, 22), history.frame(orders, 30)

    assert orders.ids[early.who].tolist() == [7, 8]
    np.testing.assert_allclose(early.values, [[2, 2, 12, 10, 10], [10, 1, 10, np.nan, 9]])
    assert orders.ids[late.who].tolist() == [7]
    assert (early.until, late.until) == (20, 20)


def test_who_buys_in_the_window_has_not_lapsed_and_returned_orders_do_not_count():
    orders = few(
        (1, 1, 5, NEVER),
        (1, 10, 5, NEVER),
        (2, 1, 5, NEVER),
        (2, 11, 5, NEVER),
        (3, 1, 5, NEVER),
        (3, 8, 5, 10),
    )

    found = history.window(orders, 5, 5)

    assert (found.opens, found.closes) == (5, 10)
    assert found.lapsed.tolist() == [False, True, True]


def test_a_feature_from_the_time_that_is_foretold_is_refused():
    orders = cdnow.orders()
    honest = history.window(orders, UNTIL, DAYS)
    came = (~honest.lapsed).astype(float)

    with pytest.raises(LooksAhead):
        history.Window(honest.frame.joined("came", came, UNTIL + DAYS), honest.lapsed, UNTIL, UNTIL + DAYS)
    with pytest.raises(LooksAhead):
        history.Window(history.frame(orders, UNTIL + 10), honest.lapsed, UNTIL, UNTIL + DAYS)
    with pytest.raises(LooksAhead):
        fitting.fit([honest, *past()], UNTIL)


def test_what_comes_later_changes_nothing_that_was_learned():
    orders = cdnow.orders()
    seen = orders.day <= UNTIL
    cut = Orders(orders.ids, *(one[seen] for one in (orders.who, orders.day, orders.amount, orders.returned)))

    whole, blind = fitted(), fitting.fit(past(cut), UNTIL)

    assert whole.as_json() == blind.as_json()


def test_the_model_beats_the_usual_gap_on_a_period_it_has_not_seen():
    judged = history.window(cdnow.orders(), UNTIL, DAYS)

    found = fitted()

    values = judged.frame.values
    model = measures.of_chances(found.chance(values), judged.lapsed)
    rule = measures.of_chances(found.by_rule(values), judged.lapsed)
    assert len(values) == 2357
    assert judged.lapsed.mean() == pytest.approx(0.831, abs=0.001)
    assert model["average_precision"] > rule["average_precision"] + 0.02
    assert model["brier"] < rule["brier"] - 0.005
    assert model["ece"] < 0.05
    assert model["auc"] > 0.78


def test_a_kept_model_says_the_same_and_needs_no_pickle():
    found = fitted()
    values = history.frame(cdnow.orders(), UNTIL).values

    again = Fitted.from_json(json.loads(json.dumps(found.as_json())))

    np.testing.assert_array_equal(again.chance(values), found.chance(values))
    np.testing.assert_array_equal(again.by_rule(values), found.by_rule(values))


def test_the_rule_of_thumb_counts_silence_in_usual_gaps():
    values = np.array([[60.0, 3, 100, 20, 9], [60, 1, 60, np.nan, 9], [0, 2, 30, 30, 9]])

    usual = columns.usual_gap(values)

    assert usual == 25
    np.testing.assert_allclose(columns.silence_in_gaps(values, usual), [3, 2.4, 0])
    np.testing.assert_allclose(columns.own_gap(values, usual), [(40 + 25) / 3, 25, (30 + 25) / 2])


def test_reasons_name_what_sets_somebody_apart():
    found = fitted()
    silent = np.array([200.0, 2, 250, 50, 30])
    faithful = np.array([5.0, 12, 260, 23, 30])

    raised, lowered = reasons(found, silent), reasons(found, faithful)

    assert lowered[0][1] < 0
    assert {name for name, change in lowered if change < 0} & {"orders", "recency"}
    assert found.chance(silent[None])[0] > found.chance(faithful[None])[0] + 0.3
    assert all(abs(change) >= 0.02 for _name, change in raised + lowered)
    assert reasons(found, found.typical) == []


def test_too_few_customers_teach_nothing():
    rows = [(n, n % 5, 10, NEVER) for n in range(120)]

    with pytest.raises(fitting.TooLittle) as error:
        fitting.fit([history.window(few(*rows), 40, 10)], 50)

    assert error.value.args == (120, 120, 0)


def test_windows_lie_in_the_past_and_apart():
    first = date(2026, 1, 1).toordinal()

    found = history.openings(first, first + 200, 60)

    assert found[0] == first + 140
    assert min(found) >= first + 20
    assert {before - after for before, after in itertools.pairwise(found)} == {found[0] - found[1]}
    assert history.openings(first, first + 30, 60) == []
