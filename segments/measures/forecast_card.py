"""The forecast of a series as a page shows it: the better of two methods, and how both did on the past."""

from __future__ import annotations

import hashlib
import math
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import languages
from crm.charts import Chart
from crm.charts import Series as Line
from crm.templatetags.crm_format import number
from segments.measures import periods
from segments.measures.series import Series
from segments.numerics import forecasting
from segments.numerics.forecasting import LEVELS, NAIVE, SHORTEST, SMOOTH, Forecast, Judged

SEASON = {periods.MONTH: 12, periods.WEEK: 52}
AHEAD = {periods.MONTH: 6, periods.WEEK: 12}
CHECKED_AHEAD = {periods.MONTH: 3, periods.WEEK: 4}
ENDS = 12  # Points of the past from which both methods are tried.
LONGEST = 260  # Periods that a forecast learns from.
SECONDS = 600
HELD_TOO_SELDOM = 0.8
METHODS: dict[str, str | Promise] = {
    NAIVE: gettext_lazy("As it was one season before"),
    SMOOTH: gettext_lazy("Exponential smoothing"),
}


@dataclass(frozen=True, slots=True)
class Tried:
    method: str
    judged: Judged
    is_chosen: bool

    def label(self, *, has_season: bool) -> str | Promise:
        return METHODS[self.method] if has_season or self.method != NAIVE else _("The last figure goes on")

    @property
    def error(self) -> float | None:
        """None where "as before" was never off, so that there is nothing to compare with."""
        return None if math.isnan(self.judged.mase) else self.judged.mase


@dataclass(frozen=True, slots=True)
class Card:
    """`missing` periods are still needed for any forecast; `tried` is empty where the past is too short."""

    by: str
    method: str
    missing: int
    has_season: bool
    missing_for_season: int
    tried: list[Tried]
    chart: Chart | None

    @property
    def rows(self) -> list[tuple[str | Promise, Tried]]:
        return [(one.label(has_season=self.has_season), one) for one in self.tried]

    @property
    def off(self) -> int | None:
        """The error of the method that is shown, in percent of that of the other one."""
        errors = {one.is_chosen: one.error for one in self.tried}
        mine, other = errors.get(True), errors.get(False)
        return round(100 * mine / other) if mine is not None and other else None

    @property
    def is_unsure(self) -> bool:
        """Whether the range of 95 % held clearly less often than that."""
        chosen = next((one for one in self.tried if one.is_chosen), None)
        return chosen is not None and chosen.judged.coverage[1] < HELD_TOO_SELDOM


def build(series: Series, name: str, unit: str, *, is_money: bool = False) -> Card:
    """Forecast a series; `name` heads its column in the table, `unit` is a currency if it is money."""
    season, known = SEASON[series.by], series.values[-LONGEST:]
    has_season = len(known) >= 2 * season
    missing = max(0, SHORTEST - len(known))
    if missing:
        return Card(series.by, NAIVE, missing, False, 0, [], None)
    key = hashlib.sha256(repr((series.by, known)).encode()).hexdigest()
    found = cache.get(f"forecast:{key}")
    if found is None:
        found = _work(known, season, series.by)
        cache.set(f"forecast:{key}", found, SECONDS)
    method, tried, ahead = found
    chart = _chart(series, known, ahead, name, unit, _figures(ahead, unit, is_money=is_money))
    return Card(series.by, method, 0, has_season, max(0, 2 * season - len(known)), tried, chart)


def _work(known: list[float], season: int, by: str) -> tuple[str, list[Tried], Forecast]:
    """The method that was less off on the past, how both did, and its forecast."""
    verdicts: dict[str, Judged] = {}
    for method in METHODS:
        judged = forecasting.judge(method, known, season, CHECKED_AHEAD[by], ENDS)
        if judged is not None:
            verdicts[method] = judged
    best = NAIVE
    if verdicts and verdicts[SMOOTH].mase < verdicts[NAIVE].mase:
        best = SMOOTH
    tried = [Tried(method, judged, method == best) for method, judged in verdicts.items()]
    return best, tried, forecasting.forecast(best, known, season, AHEAD[by])


def _figures(ahead: Forecast, unit: str, *, is_money: bool) -> dict[str, str]:
    """The next period in words: what is likely, with its unit, and from where to where it may be."""
    level = LEVELS.index(0.95)
    found = {"mean": ahead.mean[0], "low": ahead.low[level][0], "high": ahead.high[level][0]}
    kept = {name: max(0.0, float(one)) for name, one in found.items()}
    if is_money:
        return {name: languages.money(one, unit, whole=True) for name, one in kept.items()}
    digits = 0 if kept["mean"] >= 100 else 1
    plain = {name: number(one, digits) for name, one in kept.items()}
    return {**plain, "mean": f"{plain['mean']} {unit}"}


def _chart(
    series: Series, known: list[float], ahead: Forecast, name: str, unit: str, words: dict[str, str]
) -> Chart:
    steps, digits = len(ahead.mean), 0 if max(known) >= 100 else 1
    labels = series.names(steps)[-len(known) - steps :]
    low, high = ([max(0.0, one) for one in side[LEVELS.index(0.95)]] for side in (ahead.low, ahead.high))
    mean = [max(0.0, one) for one in ahead.mean]
    gap: list[Any] = [None] * len(known)
    when = periods.spoken(series.first + len(series.values), series.by)

    def tidy(values: list[float]) -> list[float]:
        return [round(float(one), digits or None) for one in values]

    return Chart(
        "forecast",
        capfirst(_("%(when)s: probably %(mean)s, between %(low)s and %(high)s") % {"when": when, **words}),
        labels,
        [
            Line(name, [*tidy(known), *[None] * steps]),
            Line(_("Forecast"), [*gap, *tidy(mean)]),
            Line(_("At least (95%)"), [*gap, *tidy(low)]),
            Line(_("At most (95%)"), [*gap, *tidy(high)]),
        ],
        unit=unit,
        note=_("In the shaded band the figure should be in 95 of 100 cases. Running periods are left out."),
        first_column=_("Period"),
        options={"band": [2, 3]},
    )
