"""What must hold for the value models on any data, and where they say that they cannot tell."""

from __future__ import annotations

import csv
import gzip
import re
from dataclasses import replace
from datetime import date

import numpy as np
import pytest

from segments.numerics.value import fitting, forecast, spend
from segments.numerics.value.histories import Histories
from segments.numerics.value.likelihood import Params, Surface, log_likelihood
from segments.value import estimating
from segments.value.notes import in_words
from tests.reference import RETAIL
from tests.segments.cdnow import ROUNDED, fitted, one, sample


def simulated(params, customers=6_000, weeks=104, seed=5):
    """Customers who behave as the model says, one after the other purchase, in weeks."""
    rng = np.random.default_rng(seed)
    age = rng.uniform(26, weeks, customers)
    rate = rng.gamma(params.r, 1 / params.alpha, customers)
    leaves = rng.beta(params.a, params.b, customers)
    x, last, now = np.zeros(customers, int), np.zeros(customers), np.zeros(customers)
    there = np.arange(customers)
    while len(there):
        now[there] += rng.exponential(1 / rate[there])
        there = there[now[there] < age[there]]
        x[there] += 1
        last[there] = now[there]
        there = there[rng.random(len(there)) > leaves[there]]
    return Histories.of(x, last, age)


@pytest.mark.parametrize("model", ["bgnbd", "mbgnbd"])
@pytest.mark.parametrize("logs", [[-1.0, 1.0], [-1.0, 1.0, -0.5, 0.8], [0.5, 2.0, 1.0, -1.0]])
def test_the_gradient_is_the_slope_of_the_likelihood(model, logs):
    surface = Surface(sample().histories.grouped()[0], model)
    at = np.array(logs)

    value, slope = surface(at)

    steps = np.eye(len(at)) * 1e-5
    numeric = [(surface(at + step)[0] - surface(at - step)[0]) / 2e-5 for step in steps]
    params = Params(*np.exp(at), model=model)
    assert slope == pytest.approx(numeric, abs=1e-6)
    assert -value * 2357 == pytest.approx(log_likelihood(params, sample().histories))


def test_days_instead_of_weeks_change_alpha_only():
    histories = sample().histories

    in_days = fitting.fit(Histories.of(histories.x, histories.last * 7, histories.age * 7)).params

    weeks = fitted().params
    assert in_days.alpha == pytest.approx(7 * weeks.alpha, rel=1e-4)
    assert (in_days.r, in_days.a, in_days.b) == pytest.approx((weeks.r, weeks.a, weeks.b), rel=1e-4)


def test_neither_the_order_of_the_rows_nor_grouping_matters():
    histories = sample().histories
    mixed = np.random.default_rng(1).permutation(2357)
    grouped, place = histories.grouped()

    shuffled = fitting.fit(histories.taken(mixed))

    assert len(grouped.x) < 2357
    assert (grouped.x[place] == histories.x).all()
    assert (grouped.last[place] == histories.last).all()
    assert (grouped.age[place] == histories.age).all()
    assert log_likelihood(ROUNDED, grouped) == pytest.approx(log_likelihood(ROUNDED, histories))
    assert shuffled.params == fitted().params
    assert fitting.fit(grouped).params == fitted().params


@pytest.mark.parametrize("planted", [Params(0.6, 8.0, 0.7, 2.5), Params(1.5, 20.0, 1.2, 6.0)])
def test_planted_parameters_are_found_again(planted):
    histories = simulated(planted)

    found = fitting.fit(histories)

    true = np.array([planted.r, planted.alpha, planted.a, planted.b])
    values = np.array([found.params.r, found.params.alpha, found.params.a, found.params.b])
    assert (np.abs(values - true) < 4 * np.array(found.errors)).all()
    assert log_likelihood(planted, histories) <= found.log_likelihood


@pytest.mark.skipif(not RETAIL.exists(), reason="the retail file is not there")
def test_on_three_months_of_a_gift_shop_drop_out_is_not_identified():
    days: dict[str, set[date]] = {}
    with gzip.open(RETAIL, "rt", encoding="latin-1", newline="") as file:
        for row in csv.DictReader(file):
            if row["CustomerID"] and float(row["Quantity"]) > 0 and float(row["UnitPrice"]) > 0:
                days.setdefault(row["CustomerID"], set()).add(date.fromisoformat(row["InvoiceDate"][:10]))
    seen = [(len(mine) - 1, min(mine), max(mine)) for mine in days.values()]
    weeks = [(x, (last - first).days / 7, (date(2011, 2, 28) - first).days / 7) for x, first, last in seen]
    histories = Histories.of(*zip(*weeks, strict=True))

    found = fitting.fit(histories)

    assert (histories.customers, histories.repeaters) == (1682, 622)
    assert not found.identified
    assert found.params == Params(pytest.approx(0.6973, abs=0.001), pytest.approx(7.172, abs=0.005))
    assert found.gain < 0.01


def test_where_nobody_leaves_drop_out_is_not_identified():
    rng = np.random.default_rng(2)
    age = rng.uniform(20, 60, 5000)
    x = rng.poisson(rng.gamma(0.8, 1 / 6, 5000) * age)
    last = np.where(x > 0, age * rng.random(5000) ** (1 / np.maximum(x, 1)), 0.0)

    found = fitting.fit(Histories.of(x, last, age))

    assert not found.identified
    assert (found.params.a, found.params.b) == (None, None)
    assert found.params.r == pytest.approx(0.8, abs=0.1)
    assert forecast.alive(found.params, one(3, 5, 50))[0] == 1


def test_where_all_leave_with_one_chance_it_is_held():
    histories = simulated(Params(1.0, 5.0, 3e4, 7e4))

    found = fitting.fit(histories)

    assert found.params.a is not None
    assert max(found.params.a, found.params.b) <= 1000.001
    assert found.params.a / (found.params.a + found.params.b) == pytest.approx(0.3, abs=0.02)


@pytest.mark.parametrize("model", ["bgnbd", "mbgnbd"])
def test_where_all_buy_at_one_rate_who_leaves_is_still_learned(model):
    rng = np.random.default_rng(1)
    age, stays = rng.uniform(280, 400, 600), rng.geometric(0.08, 600)  # 8 % leave after each order,
    stays -= model == "mbgnbd"  # after the first one too,
    x = np.minimum(stays, age // 30).astype(int)  # and who stays buys every 30 days.
    histories = Histories.of(x, x * 30.0, age)

    found = fitting.fit(histories, model)

    p = found.params
    assert (found.identified, found.one_rate, found.converged) == (False, True, True)
    assert found.gain > 100  # A model in which nobody leaves was far off.
    assert p.alpha / p.r == pytest.approx(30, rel=0.1)
    assert p.a / (p.a + p.b) == pytest.approx(0.08, abs=0.03)
    assert found.log_likelihood == pytest.approx(log_likelihood(p, histories), abs=0.01)
    unlike = replace(p, r=100.0, alpha=100 * p.alpha / p.r)  # The same rate on average.
    assert log_likelihood(unlike, histories) < found.log_likelihood
    [told] = in_words(estimating._of_limits(found, estimating.Wish(unit="days")))
    assert re.search(r"everybody buys about every (29|3[0-3])\.\d days until they leave", told)


def test_too_few_and_too_equal_customers_are_said_to_be_so():
    with pytest.raises(fitting.TooFewRepeaters):
        fitting.fit(Histories.of([0] * 500, [0] * 500, [30] * 500))
    with pytest.raises(fitting.TooFewRepeaters):
        fitting.fit(one(3, 10, 20))
    with pytest.raises(fitting.AllAlike):
        fitting.fit(Histories.of([3] * 500, [20] * 500, [30] * 500))
    with pytest.raises(ValueError, match="between"):
        Histories.of([1], [40], [30])


@pytest.mark.parametrize(
    ("x", "mean", "trouble"),
    [
        ([1, 2, 3], [10, 20, 30], "few"),
        ([1] * 50, [10] * 50, "alike"),
        (list(range(1, 51)), [0] * 50, "few"),
        (list(range(1, 51)), list(np.random.default_rng(4).pareto(0.6, 50) + 1), "heavy"),
    ],
)
def test_spending_that_cannot_be_modelled_falls_back_on_own_averages(x, mean, trouble):
    found = spend.fit(np.array(x), np.array(mean, float))

    values = spend.per_purchase(found, np.array([0, 3]), np.array([np.nan, 10.0]))
    assert found.trouble == trouble
    assert values[0] == pytest.approx(found.typical)
    assert values[1] == pytest.approx((30 + found.typical) / 4)


def test_money_in_another_currency_scales_values_only():
    histories, mean = sample().histories, sample().mean

    cents = spend.fit(histories.x, mean * 100)

    dollars = spend.fit(histories.x, mean)
    assert (cents.p, cents.q) == pytest.approx((dollars.p, dollars.q), rel=1e-3)
    assert cents.gamma == pytest.approx(100 * dollars.gamma, rel=1e-3)
