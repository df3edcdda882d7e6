"""The page of customer value in numbers: what the kept valuation says, as charts and rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.charts import Chart, Series
from crm.templatetags.crm_format import number, percent
from segments.models import ScoringRun, Segment
from segments.numerics.value.fitting import FEWEST_REPEATERS
from segments.numerics.value.judging import CLASSES
from segments.value.notes import REPLACED, in_words
from segments.value.valuing import Equity

SHOWN_SEGMENTS = 30
BARS = 10
SPEND_REPLACED = ("spend_few", "spend_alike", "spend_heavy")
EVEN = 0.05  # As good as equal.
TERMS = ("r", "alpha", "a", "b")
SPENT = ("p", "q", "gamma")


@dataclass(frozen=True, slots=True)
class Card:
    """What the page shows; `result` is what the run kept."""

    run: ScoringRun
    result: dict[str, Any]
    replaced: list[str]
    notes: list[str]
    charts: list[Chart]
    check: list[Chart]
    segments: list[tuple[Segment, Equity]]

    @property
    def until(self) -> date:
        return date.fromisoformat(self.result["calibrated_until"])

    @property
    def first_sale(self) -> date:
        return date.fromisoformat(self.result["first_sale"])

    @property
    def total(self) -> Decimal:
        return Decimal(self.result["clv_total"])

    @property
    def mean(self) -> Decimal:
        return self.total / max(int(self.result["valued"]), 1)

    @property
    def months(self) -> int:
        """How far ahead it looks."""
        return round(float(self.result["horizon"]) / 52 * 12)

    @property
    def parameters(self) -> list[tuple[str, float]]:
        """Names as in the literature with their figures; none where no model was fitted."""
        spent = dict.fromkeys(SPENT) if self.own_averages else self.result["spend"]
        found = [(name, self.result["params"][name]) for name in TERMS]
        found += [(f"{name} ({_('spend')})", spent[name]) for name in SPENT]
        return [(name, one) for name, one in found if one is not None]

    @property
    def own_averages(self) -> bool:
        """Whether the spend model could not be used."""
        return any(one["code"] in SPEND_REPLACED for one in self.result["notes"])

    @property
    def missing(self) -> int:
        """How many more customers would have to come back before a model can be fitted."""
        is_average = self.result["model"] == "average"
        return max(0, FEWEST_REPEATERS - self.result["repeaters"]) if is_average else 0


def build(run: ScoringRun, currency: str) -> Card:
    """Read the kept valuation; segments with one query."""
    result = run.result
    other = [one for one in result["notes"] if one["code"] not in REPLACED]
    check, segments = result.get("check"), _segments(result.get("segments", {}))
    tenths = result.get("tenths", ())
    spread = [_tenths(tenths, currency)] if any(one["value"] > 0 for one in tenths) else []
    return Card(
        run,
        result,
        in_words([one for one in result["notes"] if one["code"] in REPLACED]),
        in_words(other),
        [*spread, *([_dearest(segments, currency)] if spread and len(segments) > 1 else [])],
        [_tracking(check), _by_frequency(check), _by_expected(check)] if check else [],
        segments,
    )


def _segments(kept: dict[str, list[float]]) -> list[tuple[Segment, Equity]]:
    """The segments with the highest values per buyer first."""
    found = Segment.objects.in_bulk([int(pk) for pk in kept])
    rows = [
        (found[int(pk)], Equity(int(n), Decimal(str(total))))
        for pk, (n, total) in kept.items()
        if int(pk) in found
    ]
    return sorted(rows, key=lambda row: -row[1].mean)[:SHOWN_SEGMENTS]


def _tenths(tenths: Sequence[dict[str, float]], currency: str) -> Chart:
    total = sum(one["value"] for one in tenths)
    share = tenths[0]["value"] / total
    labels = [str(place) for place in range(1, len(tenths) + 1)]
    return Chart(
        "bar",
        _("The best tenth of your buyers will bring %(share)s of the value") % {"share": percent(share)},
        labels,
        [Series(_("Expected value"), [round(one["value"], 2) for one in tenths])],
        unit=currency,
        note=_("Buyers in ten equal groups, the most valuable first."),
        first_column=_("Tenth"),
    )


def _dearest(segments: Sequence[tuple[Segment, Equity]], currency: str) -> Chart:
    shown = segments[:BARS]
    return Chart(
        "ranking",
        _("A buyer in “%(name)s” will bring most") % {"name": shown[0][0].name},
        [segment.name for segment, _equity in shown],
        [Series(_("Value per buyer"), [float(round(equity.mean, 2)) for _segment, equity in shown])],
        unit=_("%(currency)s per buyer") % {"currency": currency},
        first_column=_("Segment"),
    )


def _tracking(check: dict[str, Any]) -> Chart:
    rows = check["tracking"]
    return Chart(
        "line",
        _finding(check),
        [date_format(date.fromisoformat(row[0]), "SHORT_DATE_FORMAT") for row in rows],
        [Series(_("As it was"), [row[1] for row in rows]), Series(_("Forecast"), [row[2] for row in rows])],
        unit=_("repeat purchases in sum"),
        note=_("From %(day)s on the model had seen nothing.")
        % {"day": date_format(date.fromisoformat(check["from"]), "DATE_FORMAT")},
        first_column=_("Day"),
    )


def _finding(check: dict[str, Any]) -> str:
    """How near the forecast came, in one sentence."""
    actual, expected = check["actual"], check["expected"]
    weeks = round(((date.fromisoformat(check["to"]) - date.fromisoformat(check["from"])).days + 1) / 7)
    words = {"n": weeks, "actual": number(actual), "expected": number(expected)}
    if abs(expected - actual) <= EVEN * max(actual, 1):
        text = ngettext(
            "Right in the %(n)d week kept apart: purchases expected %(expected)s, made %(actual)s",
            "Right in the %(n)d weeks kept apart: purchases expected %(expected)s, made %(actual)s",
            weeks,
        )
    elif expected > actual:
        text = ngettext(
            "Too high in the %(n)d week kept apart: purchases expected %(expected)s, made %(actual)s",
            "Too high in the %(n)d weeks kept apart: purchases expected %(expected)s, made %(actual)s",
            weeks,
        )
    else:
        text = ngettext(
            "Too low in the %(n)d week kept apart: purchases expected %(expected)s, made %(actual)s",
            "Too low in the %(n)d weeks kept apart: purchases expected %(expected)s, made %(actual)s",
            weeks,
        )
    return text % words


def _by_frequency(check: dict[str, Any]) -> Chart:
    rows = check["by_frequency"]
    labels = [f"{row[0]}+" if row[0] == CLASSES else str(row[0]) for row in rows]
    return _means(
        _("Who bought more often before also bought more often afterwards")
        if _rises(rows)
        else _("By purchases before"),
        labels,
        rows,
        _("Repeat purchases before"),
        _("Purchases afterwards per customer, by how often they had come back before."),
    )


def _by_expected(check: dict[str, Any]) -> Chart:
    rows = check["by_expected"]
    labels = [str(row[0]) for row in rows]
    return _means(
        _("Those of whom most was expected came most often")
        if _rises(rows[-2:])
        else _("By what was expected"),
        labels,
        rows,
        _("Tenth"),
        _(
            "Customers in ten equal groups by the forecast, the lowest first."
            " Where both bars are equal, it was right."
        ),
    )


def _rises(rows: Sequence[Sequence[float]]) -> bool:
    return len(rows) > 1 and rows[-1][2] > rows[0][2]


def _means(title: str, labels: list[str], rows: list[list[float]], first: str, note: str) -> Chart:
    series = [
        Series(_("As it was"), [round(row[2], 2) for row in rows]),
        Series(_("Forecast"), [round(row[3], 2) for row in rows]),
    ]
    return Chart(
        "bar", title, labels, series, unit=_("purchases per customer"), note=note, first_column=first
    )
