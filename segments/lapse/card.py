"""The page of the risk of losing customers in numbers: what the kept run says, as charts and rows."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import languages
from crm.charts import Chart, Series
from crm.templatetags.crm_format import number, percent
from segments.lapse.lapsing import BANDS
from segments.lapse.notes import in_words
from segments.models import ScoringRun

NAMES = {
    "linear": gettext_lazy("logistic regression"),
    "boosting": gettext_lazy("boosted trees"),
}
EVEN = 0.05


@dataclass(frozen=True, slots=True)
class Band:
    """Customers of like chance: how many, and the filter of the list of customers that shows them."""

    label: str
    count: int
    query: str


@dataclass(frozen=True, slots=True)
class Card:
    """What the page shows; `result` is what the run kept."""

    run: ScoringRun
    result: dict[str, Any]
    notes: list[str]
    charts: list[Chart]
    check: list[Chart]

    @property
    def until(self) -> date:
        return date.fromisoformat(self.result["until"])

    @property
    def days(self) -> int:
        return int(self.result["days"])

    @property
    def learner(self) -> str:
        return str(NAMES[self.result["learner"]])

    @property
    def tried(self) -> list[tuple[str, float]]:
        return [(str(NAMES[name]), score) for name, score in self.result["tried"].items()]

    @property
    def bands(self) -> list[Band]:
        low, high, most = self.result["bands"]
        edges = [round(one, 4) for one in BANDS]
        return [
            Band(_("Will probably stay away"), most, f"{edges[1]}.."),
            Band(_("Could go either way"), high, f"{edges[0]}..{edges[1]}"),
            Band(_("Will probably come back"), low, f"..{edges[0]}"),
        ]

    @property
    def judged(self) -> dict[str, Any]:
        """What the check measured, with its days as dates."""
        check = self.result["check"]
        dates = ("learned_from", "learned_until", "judged_from", "judged_until")
        return {**check, **{name: date.fromisoformat(check[name]) for name in dates}}


def build(run: ScoringRun) -> Card:
    """Read the kept run."""
    result, check = run.result, run.result.get("check")
    shown = [_spread(result)] if result.get("scored") else []
    charts = [_calibration(check), _lift(check)] if check else []
    return Card(run, result, in_words(result["notes"]), shown, charts)


def _spread(result: dict[str, Any]) -> Chart:
    low, middle, high = result["bands"]
    return Chart(
        "bar",
        _("%(n)s of your buyers will probably stay away for the next %(days)s")
        % {"n": number(high), "days": languages.days(result["days"])},
        [_("Probably come back"), _("Either way"), _("Probably stay away")],
        [Series(_("Buyers"), [low, middle, high])],
        unit=_("buyers"),
        note=_("Chance to stay away: below one third, up to two thirds, and above."),
        first_column=_("Risk"),
    )


def _calibration(check: dict[str, Any]) -> Chart:
    rows = list(reversed(check["tenths"]))
    expected, actual = check["sum_predicted"], check["sum_actual"]
    words = {"expected": number(expected), "actual": number(actual)}
    if abs(expected - actual) <= EVEN * check["customers"]:
        title = _("The chances held: expected to stay away %(expected)s, stayed away %(actual)s")
    elif expected > actual:
        title = _("The chances were too high: expected to stay away %(expected)s, stayed away %(actual)s")
    else:
        title = _("The chances were too low: expected to stay away %(expected)s, stayed away %(actual)s")
    return Chart(
        "bar",
        title % words,
        [str(place) for place in range(1, len(rows) + 1)],
        [
            Series(_("As it was"), [round(100 * row[2], 1) for row in rows]),
            Series(_("Forecast"), [round(100 * row[1], 1) for row in rows]),
        ],
        unit=_("% who stayed away"),
        note=_("Customers in ten equal groups by their chance, the lowest first. Equal bars: it was right."),
        first_column=_("Tenth"),
    )


def _lift(check: dict[str, Any]) -> Chart:
    """How many of those who stayed away are found among so many customers asked first."""
    total = max(sum(row[0] * row[2] for row in check["tenths"]), 1e-9)
    people = max(sum(row[0] for row in check["tenths"]), 1)
    asked, found, shares, at_random = 0, 0.0, [0.0], [0.0]
    for count, _said, was in check["tenths"]:
        asked, found = asked + count, found + count * was
        shares.append(round(100 * found / total, 1))
        at_random.append(round(100 * asked / people, 1))
    half = shares[len(shares) // 2]
    return Chart(
        "line",
        _("The half with the highest risk held %(share)s of those who stayed away")
        % {"share": percent(half / 100)},
        [percent(one / 100) for one in at_random],
        [Series(_("By the model"), shares), Series(_("By chance"), at_random)],
        unit=_("% of those who stayed away"),
        note=_("Customers asked first, those with the highest risk before the others."),
        first_column=_("Customers"),
    )
