"""The cohort grid as a page shows it: cells with words, shades and the people behind them."""

from __future__ import annotations

import math
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, datetime
from urllib.parse import urlencode

import numpy as np
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.charts import Chart, Series
from crm.models import Business
from crm.templatetags.crm_format import compact, number, percent
from segments.measures import cohorts, kept, periods
from segments.numerics.cohorts import Cohorts, Floats

FEW = 20  # A cohort below says little.
HEATS = 5
SHOWS: dict[str, str | Promise] = {
    "share": gettext_lazy("Who came back, in %"),
    "people": gettext_lazy("Who came back, as a number"),
    "money": gettext_lazy("Revenue"),
    "value": gettext_lazy("Revenue per customer in sum"),
}


@dataclass(frozen=True, slots=True)
class Cell:
    """`heat` is 0 to 5; `text` is empty where there was no time yet."""

    text: str
    heat: int
    url: str
    is_running: bool


@dataclass(frozen=True, slots=True)
class Row:
    name: str
    size: int
    url: str
    cells: list[Cell]

    @property
    def is_few(self) -> bool:
        return self.size < FEW


@dataclass(frozen=True, slots=True)
class Card:
    """`averages` stand under the columns; `ages` number the periods after the first."""

    by: str
    show: str
    rows: list[Row]
    ages: list[int]
    averages: list[str]
    chart: Chart | None
    title: str
    counted_at: datetime | None
    is_short: bool  # No cohort has had a whole period to come back.

    @property
    def first(self) -> str:
        return _("First month") if self.by == periods.MONTH else _("First week")


def build(business: Business, day: date, by: str, show: str) -> Card:
    """The youngest cohorts by the end of `day`; at most one statement."""
    found = kept.figures(f"cohorts.{by}", business, day)
    table = cohorts.build(found.data, day, by, business.today())
    words, values, means = _reading(table, show)
    begin = int(show in ("share", "people"))  # All of a cohort bought in its first period.
    most = _largest(values[:, begin:])
    rows = [
        Row(
            periods.name_of(int(first), by),
            int(table.sizes[n]),
            _address(int(first), by),
            [
                Cell(
                    "" if math.isnan(value) else words(value),
                    _heat(value, most),
                    _address(int(first), by, int(first) + age, day),
                    bool(table.running[n, age]),
                )
                for age, value in enumerate(values[n].tolist())
                if age >= begin
            ],
        )
        for n, first in enumerate(table.first.tolist())
    ]
    averages = ["" if math.isnan(one) else words(one) for one in means.tolist()[begin:]]
    return Card(
        by,
        show,
        rows,
        list(range(begin, values.shape[1])),
        averages,
        _chart(means, by, show, business.currency),
        _finding(means, by, show, business),
        found.counted_at,
        not table.chances()[1:].any(),
    )


def _reading(table: Cohorts, show: str) -> tuple[Callable[[float], str], Floats, Floats]:
    """How a figure is written, the figures, and their averages over the cohorts."""
    if show == "share":
        return _share, table.retention, table.average_retention()
    if show == "value":
        return _amount, table.value, table.average_value()
    nothing = np.full(table.people.shape[1], math.nan)
    return (number, table.people, nothing) if show == "people" else (compact, table.money, nothing)


def _share(value: float) -> str:
    return percent(value, 0 if value >= 0.0995 else 1)


def _amount(value: float) -> str:
    return number(value, 2 if abs(value) < 100 else 0)


def _largest(values: Floats) -> float:
    known = values[~np.isnan(values)]
    return float(known.max()) if known.size else 0.0


def _heat(value: float, most: float) -> int:
    if math.isnan(value) or value <= 0 or most <= 0:
        return 0
    return min(HEATS, 1 + int(HEATS * value / most * 0.999))


def _address(first: int, by: str, at: int | None = None, day: date | None = None) -> str:
    asked = {"cohort": periods.first_day(first, by).isoformat(), "by": by}
    if at is not None and day is not None:
        last = min(periods.last_day(at, by), day)
        asked |= {"from": periods.first_day(at, by).isoformat(), "to": last.isoformat()}
    return f"{reverse('segments:people')}?{urlencode(asked)}"


def _finding(means: Floats, by: str, show: str, business: Business) -> str:
    known = [one for one in means.tolist() if not math.isnan(one)]
    if show == "share" and len(known) > 1:
        text = (
            _("%(share)s of new customers bought again in the month after their first")
            if by == periods.MONTH
            else _("%(share)s of new customers bought again in the week after their first")
        )
        return text % {"share": percent(known[1], 1)}
    if show == "value" and len(known) > 1:
        text = (
            _("A new customer brought %(money)s %(currency)s in the first %(n)d months")
            if by == periods.MONTH
            else _("A new customer brought %(money)s %(currency)s in the first %(n)d weeks")
        )
        return text % {"money": number(known[-1], 2), "currency": business.currency, "n": len(known)}
    return _("Customers by their first purchase")


def _chart(means: Floats, by: str, show: str, currency: str) -> Chart | None:
    """How the average cohort goes on; only where averages make sense, and two periods are over."""
    known = [one for one in means.tolist() if not math.isnan(one)]
    if len(known) < 3 or show not in ("share", "value"):
        return None
    ages = range(1, len(known)) if show == "share" else range(len(known))
    figures = [round(100 * known[age], 2) if show == "share" else round(known[age], 2) for age in ages]
    after = _("Months after the first") if by == periods.MONTH else _("Weeks after the first")
    title = (
        _("How many come back as time goes by") if show == "share" else _("What a new customer brings in sum")
    )
    name = _("Came back") if show == "share" else _("Revenue per customer in sum")
    return Chart(
        "line",
        title,
        [str(age) for age in ages],
        [Series(name, figures)],
        unit="%" if show == "share" else currency,
        note=_("All cohorts together, each period from those who have had it whole."),
        first_column=after,
    )
