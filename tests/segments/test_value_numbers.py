"""Published numbers for the CDNOW sample."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.special import hyp2f1

from segments.numerics.value import forecast, judging, spend, worth
from segments.numerics.value.histories import Histories
from segments.numerics.value.likelihood import Params, log_likelihood, log_likelihoods
from tests.segments.cdnow import ROUNDED, fitted, one, sample


def closed_form(p, x, age, t):
    """E[Y(t)] of somebody still there, with the hypergeometric function of the paper."""
    near = ((p.alpha + age) / (p.alpha + age + t)) ** (p.r + x)
    f = hyp2f1(p.r + x, p.b + x, p.a + p.b + x - 1, t / (p.alpha + age + t))
    return (p.a + p.b + x - 1) / (p.a - 1) * (1 - near * f)


def test_the_sample_is_the_published_one():
    histories = sample().histories

    assert (histories.customers, histories.repeaters) == (2357, 946)
    assert histories.x.sum() == 2457
    assert histories.last.sum() == pytest.approx(16_135.57, abs=0.01)
    assert histories.age.sum() == pytest.approx(77_111.29, abs=0.01)
    assert sample().later.sum() == 1882


def test_bg_nbd_finds_the_published_parameters():
    found = fitted()

    assert found.identified
    assert found.converged
    assert found.params.r == pytest.approx(0.243, abs=0.001)
    assert found.params.alpha == pytest.approx(4.414, abs=0.002)
    assert found.params.a == pytest.approx(0.793, abs=0.001)
    assert found.params.b == pytest.approx(2.426, abs=0.002)
    assert found.log_likelihood == pytest.approx(-9582.43, abs=0.01)
    assert found.errors == pytest.approx((0.0126, 0.378, 0.186, 0.705), rel=0.01)


def test_mbg_nbd_and_nbd_find_theirs():
    mbg = fitted("mbgnbd").params
    no_leaving = Params(0.38477, 12.07208)

    assert (mbg.r, mbg.alpha, mbg.a, mbg.b) == pytest.approx((0.525, 6.183, 0.891, 1.614), abs=0.001)
    assert fitted("mbgnbd").log_likelihood == pytest.approx(-9582.133, abs=0.01)
    assert log_likelihood(no_leaving, sample().histories) == pytest.approx(-9763.660, abs=0.01)
    assert fitted().gain == pytest.approx(9763.660 - 9582.429, abs=0.01)


def test_purchases_of_a_new_customer_are_those_of_the_spreadsheet():
    times = np.array([0.1429, 1, 3, 31.8571, 32, 78])

    found = forecast.new_customer(fitted().params, times)

    assert found.round(4).tolist() == [0.0078, 0.0532, 0.1506, 1.0405, 1.0437, 1.858]
    assert found[-1] == pytest.approx(1.8576, abs=0.0005)


def test_single_customers_come_out_as_published():
    first, busy, once = one(2, 30.43, 38.86), one(7, 29.43, 38.86), one(0, 0, 38.86)
    year = np.array([39.0])

    assert forecast.purchases(ROUNDED, first, year)[0, 0] == pytest.approx(1.226, abs=0.0005)
    assert forecast.alive(ROUNDED, first)[0] == pytest.approx(0.727, abs=0.0005)
    assert log_likelihoods(ROUNDED, first)[0] == pytest.approx(-9.459, abs=0.001)
    assert log_likelihoods(ROUNDED, once)[0] == pytest.approx(-0.555, abs=0.001)
    assert forecast.alive(ROUNDED, busy)[0] == pytest.approx(0.642, abs=0.0005)
    assert forecast.purchases(ROUNDED, busy, year)[0, 0] == pytest.approx(3.337, abs=0.0005)
    assert forecast.purchases(ROUNDED, once, year)[0, 0] == pytest.approx(0.195, abs=0.0005)
    assert forecast.alive(ROUNDED, once)[0] == 1


def test_chances_of_counts_come_out_as_published():
    chances = forecast.count_chances(ROUNDED, np.array([39.0, 2, 30]), 20)

    assert chances[0, 0] == pytest.approx(0.5737864, abs=1e-7)
    assert chances[1, 10] == pytest.approx(1.07869e-07, rel=1e-5)
    assert chances[2, [11, 12, 20]] == pytest.approx([0.0019995214, 0.0015170236, 0.0002222260], abs=1e-9)


@pytest.mark.parametrize("model", ["bgnbd", "mbgnbd"])
def test_chances_of_counts_sum_to_one_and_have_the_expected_mean(model):
    params = fitted(model).params
    times = np.array([5.0, 20.0])

    chances = forecast.count_chances(params, times, 400)

    assert chances.sum(axis=1) == pytest.approx([1, 1])
    assert chances @ np.arange(401) == pytest.approx(forecast.new_customer(params, times), rel=1e-6)


def test_the_histogram_of_repeat_purchases_fits_as_published():
    actual, expected, chi_square = judging.histogram(fitted().params, sample().histories)

    assert actual.tolist() == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert expected.sum() == pytest.approx(2357)
    assert chi_square == pytest.approx(4.82, abs=0.01)


def test_the_hold_out_comes_out_as_published():
    verdict = judging.judge(fitted().params, sample().histories, sample().later, 39)

    by_class = [(one.customers, round(one.actual, 3)) for one in verdict.by_frequency]
    expected = [one.expected for one in verdict.by_frequency]
    assert (verdict.actual, round(verdict.expected, 1)) == (1882, 1653.4)
    assert verdict.correlation == pytest.approx(0.626, abs=0.0005)
    assert verdict.mae == pytest.approx(0.785, abs=0.001)
    assert verdict.mae < verdict.naive_mae
    assert [count for count, _ in by_class] == [1411, 439, 214, 100, 62, 38, 29, 64]
    assert [mean for _, mean in by_class] == [0.237, 0.697, 1.393, 1.56, 2.532, 2.947, 3.862, 6.359]
    published = [0.225, 0.523, 1.044, 1.520, 2.164, 2.654, 3.504, 6.157]
    assert expected == pytest.approx(published, abs=0.001)
    assert sum(one.customers for one in verdict.by_expected) == 2357
    assert [one.expected for one in verdict.by_expected] == sorted(
        one.expected for one in verdict.by_expected
    )


def test_expected_sales_until_week_78_are_four_percent_low():
    starts = np.bincount((38.8571 * 7 - sample().histories.age * 7).round().astype(int), minlength=546)

    expected = judging.tracking(fitted().params, starts, 1 / 7)

    assert expected[-1] == pytest.approx(4161, abs=8)
    assert expected[-1] / (2457 + 1882) == pytest.approx(0.96, abs=0.005)


def test_gamma_gamma_finds_the_published_parameters_and_values():
    found = spend.fit(sample().histories.x, sample().mean)

    values = spend.per_purchase(found, sample().histories.x[:10], sample().mean[:10])
    assert (found.p, found.q, found.gamma) == pytest.approx((6.25, 3.74, 15.44), abs=0.01)
    assert found.log_likelihood == pytest.approx(-4055.92, abs=0.01)
    assert (found.customers, found.trouble) == (946, "")
    assert found.correlation == pytest.approx(0.114, abs=0.0005)
    assert values.round(2).tolist() == [24.65, 18.91, 35.17, 35.17, 35.17, 71.46, 18.91, 35.17, 27.28, 35.17]


def test_the_value_of_two_customers_over_a_year():
    spent = spend.Spend(946, 27, 6.25, 3.74, 15.44)
    terms = worth.Terms(52, 1.0, 0.15)
    histories = Histories.of([2, 7], [30.43, 29.43], [38.86, 38.86])

    found = worth.of(ROUNDED, spent, histories, np.array([22.35, 73.74]), terms)

    assert worth.discounted_purchases(ROUNDED, histories, terms) == pytest.approx(
        [1.45995, 3.93754], abs=1e-5
    )
    assert found.clv == pytest.approx([36.01, 281.41], abs=0.01)
    assert found.total == pytest.approx(317.42, abs=0.01)


def test_quadrature_agrees_with_the_closed_form_and_holds_where_that_fails():
    rng = np.random.default_rng(3)
    for _ in range(60):
        params = Params(*10 ** rng.uniform([-1, -0.5, -2, -1], [0.5, 1.5, 0.5, 1.5]))
        x = int(rng.integers(0, 60))
        age, t = max(x / 7, 1) * rng.uniform(1, 3), rng.choice([1.0, 52.0])
        found = forecast.purchases_alive(params, np.array([x]), np.array([age]), np.array([t]))[0, 0]
        assert found == pytest.approx(closed_form(params, x, age, t), rel=1e-5)

    around = [
        forecast.purchases(Params(0.243, 4.414, a, 2.426), one(2, 30.43, 38.86), np.array([39.0]))[0, 0]
        for a in (1 - 1e-6, 1.0, 1 + 1e-6)
    ]
    assert around[0] == pytest.approx(around[1], rel=1e-5)
    assert around[2] == pytest.approx(around[1], rel=1e-5)


@pytest.mark.parametrize("span", [0.0, 1e-9, 100.0, 5000.0])
def test_many_ages_come_out_as_each_alone(span):
    rng = np.random.default_rng(4)
    x = rng.integers(0, 4, 2000)
    age = 10 + span * rng.random(2000)
    for params in (ROUNDED, Params(0.3, 1e-3, 1.0, 5.0, "mbgnbd"), Params(0.4, 12.0)):
        found = forecast.purchases_alive(params, x, age, np.array([1.0, 52.0]))

        for at in range(0, 2000, 97):
            alone = forecast.purchases_alive(params, x[[at]], age[[at]], np.array([1.0, 52.0]))[0]
            assert found[at] == pytest.approx(alone, rel=1e-11)


def test_the_next_purchase_is_a_range_around_the_median():
    customer = one(2, 30.43, 38.86)

    early, middle, late = (forecast.next_purchase(ROUNDED, customer, share)[0] for share in (0.25, 0.5, 0.75))

    assert middle == pytest.approx((4.414 + 38.86) * (2 ** (1 / 2.243) - 1))
    assert early < middle < late
    shares = 1 - ((4.414 + 38.86) / (4.414 + 38.86 + np.array([early, late]))) ** 2.243
    assert shares == pytest.approx([0.25, 0.75])
