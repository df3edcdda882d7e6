"""The page of a prediction in numbers: what was asked, how the learners did, and whom it pays to contact."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import capfirst
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm import languages
from crm.charts import Chart, Series
from crm.templatetags.crm_format import number, percent
from segments.clusters.column_words import column_label, feature_label
from segments.models import ScoringRun
from segments.predictions.mail_targets import TARGETS
from segments.predictions.propensity import YES_NO

RARE = 0.2
GUESS_AUC = 0.55
GUESS_R2 = 0.01
NAMED = 5  # Features in a line of the list.
LEARNERS: dict[str, str | Promise] = {
    "linear regression": gettext_lazy("linear regression"),
    "polynomial regression": gettext_lazy("polynomial regression"),
    "logistic regression": gettext_lazy("logistic regression"),
    "polynomial logistic regression": gettext_lazy("polynomial logistic regression"),
    "decision tree": gettext_lazy("decision tree"),
    "random forest": gettext_lazy("random forest"),
    "gradient boosting": gettext_lazy("boosted trees"),
}
STEPS: dict[str, str | Promise] = {
    "features": gettext_lazy("Describing customers"),
    "comparing": gettext_lazy("Comparing ways of learning"),
    "keeping": gettext_lazy("Keeping the result"),
}
WHY: dict[str, str | Promise] = {
    "empty": gettext_lazy("known of nobody"),
    "constant": gettext_lazy("the same for everybody"),
    "same": gettext_lazy("the same for everybody who has one"),
    "copy": gettext_lazy("equals what is foretold, so nothing would be foretold from it"),
}


@dataclass(frozen=True, slots=True)
class Profit:
    """How many of all customers to contact for the most money, and how much that is."""

    contacts: int
    profit: float
    everybody: float
    chart: Chart


@dataclass(frozen=True, slots=True)
class Card:
    run: ScoringRun
    result: dict[str, Any]
    rows: list[tuple[str, dict[str, Any], bool]]
    charts: list[Chart]
    dropped: list[tuple[str, str]]

    @property
    def is_chance(self) -> bool:
        return bool(self.result["kind"] == YES_NO)

    @property
    def best(self) -> str:
        return str(LEARNERS[self.result["best"]])

    @property
    def is_rare(self) -> bool:
        """Whether hardly anybody is ever likelier than not, so that the order counts and not the yes."""
        return self.is_chance and self.result["mean"] < RARE

    @property
    def is_guess(self) -> bool:
        """Whether even the best way of learning is hardly better than guessing."""
        best = next(one for _name, one, is_best in self.rows if is_best)
        return bool(best["auc"] < GUESS_AUC if self.is_chance else best["r2"] < GUESS_R2)


def title(run: ScoringRun) -> str:
    """What a run foretells, in the language of the reader; own fields keep the name they had."""
    target = run.parameters["target"]
    return capfirst(str(TARGETS.get(target) or feature_label(target, {target: run.parameters["label"]})))


def lines(run: ScoringRun) -> list[str]:
    """From what a run learned, and what learned best: so two about the same target are told apart."""
    labels = run.result.get("labels", {})
    names = [feature_label(name, labels) for name in run.parameters["features"]]
    told, rest = _(", ").join(names[:NAMED]), len(names) - NAMED
    if rest > 0:
        told = _("%(names)s and %(count)s more") % {"names": told, "count": number(rest)}
    best = run.result.get("best")
    learned = _("Learned from: %(names)s") % {"names": told}
    return [learned, _("Best: %(best)s") % {"best": LEARNERS[best]}] if best else [learned]


def step(run: ScoringRun) -> dict[str, Any]:
    """Where a waiting run is."""
    words = STEPS.get(run.progress.get("step", ""), "")
    return {"words": words, "done": run.progress.get("done", 0), "of": run.progress.get("of", 0)}


def build(run: ScoringRun) -> Card:
    result = run.result
    labels = result["labels"]
    rows = [(str(LEARNERS[one["name"]]), one, one["name"] == result["best"]) for one in result["models"]]
    dropped: dict[str, list[str]] = {}
    for name, why in result["dropped"].items():
        dropped.setdefault(str(WHY[why]), []).append(feature_label(name, labels))
    left_out = [(why, _(", ").join(names)) for why, names in dropped.items()]
    return Card(run, result, rows, [*_weights(result), _held(result), _found(result)], left_out)


def _weights(result: dict[str, Any]) -> list[Chart]:
    """What it looks at most; runs of earlier versions do not know it."""
    rows = result.get("weights")
    if not rows:
        return []
    times, unit = (100, _("percentage points")) if result["kind"] == YES_NO else (1, result["label"])
    first = feature_label(rows[0]["feature"], result["labels"])
    return [
        Chart(
            "ranking",
            _("It looks most at: %(feature)s") % {"feature": first},
            [_weight(one, result) for one in rows],
            [Series(_("Difference it makes"), [round(times * one["strength"], 2) for one in rows])],
            unit=str(unit),
            note=_(
                "How much the forecast would change on average if only this were as with the middle customer."
            ),
            first_column=_("Feature"),
        )
    ]


def _weight(one: dict[str, Any], result: dict[str, Any]) -> str:
    if "top" in one:
        return _("%(value)s:\nhighest") % {"value": column_label(one["top"], result["labels"])}
    told = {"up": _("%(name)s:\nthe more, the higher"), "down": _("%(name)s:\nthe more, the lower")}
    text = told.get(one["way"], _("%(name)s:\nnow higher, now lower"))
    return text % {"name": feature_label(one["feature"], result["labels"])}


def _tenths(result: dict[str, Any]) -> list[tuple[int, float, float]]:
    """The kept parts, five to a tenth."""
    parts, size = result["parts"], max(1, len(result["parts"]) // 10)
    found = []
    for start in range(0, len(parts), size):
        some = parts[start : start + size]
        people = sum(one[0] for one in some)
        said, was = (sum(one[0] * one[place] for one in some) / people for place in (1, 2))
        found.append((people, said, was))
    return found


def _held(result: dict[str, Any]) -> Chart:
    rows = list(reversed(_tenths(result)))
    times, unit = (100, _("% yes")) if result["kind"] == YES_NO else (1, result["label"])
    return Chart(
        "bar",
        _("Foretold and as it was, for customers it had not seen"),
        [str(place) for place in range(1, len(rows) + 1)],
        [
            Series(_("As it was"), [round(times * row[2], 2) for row in rows]),
            Series(_("Forecast"), [round(times * row[1], 2) for row in rows]),
        ],
        unit=str(unit),
        note=_("Customers in ten equal groups by the forecast, the lowest first. Equal bars: it was right."),
        first_column=_("Tenth"),
    )


def _found(result: dict[str, Any]) -> Chart:
    total = sum(row[0] * row[2] for row in result["parts"]) or 1e-9
    people = sum(row[0] for row in result["parts"])
    asked, got, shares, labels = 0, 0.0, [0.0], [0.0]
    for count, _said, was in _tenths(result):
        asked, got = asked + count, got + count * was
        shares.append(round(100 * got / total, 1))
        labels.append(100 * asked / people)
    return Chart(
        "line",
        _("The first tenth holds %(share)s of all") % {"share": percent(shares[1] / 100)},
        [percent(one / 100) for one in labels],
        [Series(_("By the model"), shares), Series(_("By chance"), [round(one, 1) for one in labels])],
        unit=_("% of the total"),
        note=_("Customers asked first, those with the highest forecast before the others."),
        first_column=_("Customers"),
    )


def profit(result: dict[str, Any], margin: float, cost: float, currency: str) -> Profit:
    """Money from contacting the best first, by what unseen customers did, for all customers."""
    people = sum(row[0] for row in result["parts"])
    scale = result["customers"] / people
    asked, earned, curve = 0.0, 0.0, [(0, 0.0)]
    for count, _said, was in result["parts"]:
        asked += count * scale
        earned += count * scale * (was * margin - cost)
        curve.append((round(asked), round(earned, 2)))
    contacts, most = max(curve, key=lambda one: one[1])
    chart = Chart(
        "line",
        ngettext(
            "Contacting %(n)s customer leaves most: %(money)s",
            "Contacting %(n)s customers leaves most: %(money)s",
            contacts,
        )
        % {"n": number(contacts), "money": languages.money(most, currency, whole=True)},
        [number(one[0]) for one in curve],
        [Series(_("Profit"), [one[1] for one in curve])],
        unit=currency,
        note=_(
            "Customers contacted, the likeliest first. It takes for granted that the contact brings them."
        ),
        first_column=_("Contacted"),
    )
    return Profit(contacts, most, curve[-1][1], chart)
