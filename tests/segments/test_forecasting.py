from __future__ import annotations

import numpy as np
import pytest

from segments.numerics import forecasting
from segments.numerics.forecasting import NAIVE, SMOOTH, State, Terms

# Oil production of Saudi Arabia 1996-2007 (Hyndman and Athanasopoulos, chapter 7).
OIL = [446.6565229, 454.4733065, 455.6629740, 423.6322388, 456.2713279, 440.5880501]
OIL += [425.3325201, 485.1494479, 506.0481621, 526.7919833, 514.2688890, 494.2110193]
# Visitor nights in Australia by quarter, 2014 and 2015 (ibid.).
NIGHTS = [
    65.25146985,
    43.06120822,
    54.76075713,
    59.83447494,
    73.25702747,
    47.69662373,
    61.09776802,
    66.05576122,
]


def test_levels_of_simple_smoothing_are_the_published_ones():
    errors, last = forecasting.run(OIL, Terms(0.2), State(446.6565229, 0))

    levels = [446.6565229, 448.21987962, 449.7084985, 444.49324656, 446.84886283, 445.59670028]
    for place, level in enumerate(levels):
        assert OIL[place] - errors[place] + 0.2 * errors[place] == pytest.approx(level, abs=1e-6)
    assert last.level == pytest.approx(484.802468, abs=1e-5)


def test_fitted_simple_smoothing_is_the_published_one():
    found = forecasting.smooth(OIL, trend=False)

    assert found.terms.alpha == pytest.approx(0.891998, abs=2e-3)
    assert found.start.level == pytest.approx(447.47844, abs=0.1)
    assert found.forecast(1).mean[0] == pytest.approx(496.493543, abs=0.05)


def test_damped_trend_with_season_follows_the_states_published_for_it():
    # R's ets "AAdA" on the same series: terms, the state before 2014, the forecast of 2016.
    terms = Terms(0.35445427, 0.03200749, 0.39993387, 0.97999997)
    before = State(54.74793465, 0.49277243, (12.43301244, -11.95758458, -1.11061204, 2.08566241))

    errors, last = forecasting.run(NIGHTS, terms, before)

    np.testing.assert_allclose(errors[:2], [-2.41239421, 0.24543639], atol=1e-5)
    assert last.level == pytest.approx(62.00340579, abs=1e-5)
    assert last.trend == pytest.approx(0.70652496, abs=1e-5)
    fit = forecasting.Smoothing(terms, before, last, 1.0)
    np.testing.assert_allclose(
        fit.forecast(4).mean, [76.07768073, 51.61741109, 63.96457729, 68.27886241], atol=1e-5
    )


def test_intervals_grow_as_the_closed_form_says():
    fit = forecasting.Smoothing(Terms(0.5, 0.1, 0.2, 0.9), State(0, 0), State(10, 0, (0.0, 0.0)), 2.0)

    found = fit.forecast(3)

    # c1 = 0.5 + 0.1·0.9, c2 = 0.5 + 0.1·(0.9 + 0.81) + 0.2.
    spread = 2 * np.sqrt([1, 1 + 0.59**2, 1 + 0.59**2 + 0.871**2])
    np.testing.assert_allclose(found.high[1] - found.mean, 1.959964 * spread, rtol=1e-6)
    np.testing.assert_allclose(found.mean - found.low[0], 1.281552 * spread, rtol=1e-6)


def test_naive_repeats_the_last_season_and_doubles_the_variance_with_the_second():
    found = forecasting.naive([1, 5, 3, 4], 2, 4)

    np.testing.assert_allclose(found.mean, [3, 4, 3, 4])
    sigma = np.sqrt((4 + 1) / 2)
    np.testing.assert_allclose(
        found.high[1] - found.mean, 1.959964 * sigma * np.sqrt([1, 1, 2, 2]), rtol=1e-6
    )
    with pytest.raises(ValueError, match="season"):
        forecasting.naive([1, 2], 2, 1)


def test_a_seasonal_series_is_forecast_better_by_smoothing_than_by_repeating_it():
    months = np.arange(60)
    series = 100 + 2 * months + 20 * np.sin(months * np.pi / 6) + np.random.default_rng(1).normal(0, 2, 60)

    smooth = forecasting.judge(SMOOTH, series, 12, 3, 8)
    naive = forecasting.judge(NAIVE, series, 12, 3, 8)

    assert smooth.n == naive.n == 3 * 6 + 2 + 1
    assert smooth.mase < 0.3 < naive.mase
    assert smooth.coverage[1] >= 0.8
    ahead = forecasting.forecast(SMOOTH, series, 12, 12).mean
    truth = 100 + 2 * np.arange(60, 72) + 20 * np.sin(np.arange(60, 72) * np.pi / 6)
    np.testing.assert_allclose(ahead, truth, atol=12)  # A damped trend stays behind.


def test_judging_uses_nothing_of_the_time_after():
    series = [10.0, 12, 11, 13, 12, 14, 13, 15, 14, 16, 15, 17]

    before = forecasting.judge(NAIVE, series, 1, 1, 4)
    # The last value is only ever compared with: it changes the last of four errors, and no forecast.
    after = forecasting.judge(NAIVE, [*series[:-1], 115.0], 1, 1, 4)

    assert after.mase - before.mase == pytest.approx((100 - 2) / np.mean(np.abs(np.diff(series[:-1]))) / 4)
    assert forecasting.judge(NAIVE, series[:9], 1, 1, 4) is None


def test_scaling_the_currency_scales_the_forecast():
    found = forecasting.smooth(OIL).forecast(3)
    cents = forecasting.smooth([100 * one for one in OIL]).forecast(3)

    np.testing.assert_allclose(cents.mean, 100 * found.mean, rtol=1e-3)
    np.testing.assert_allclose(cents.high, 100 * found.high, rtol=1e-3)
