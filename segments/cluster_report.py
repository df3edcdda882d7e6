"""A finished clustering as people read it: findings, charts, profile."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from crm.charts import Chart, Series
from crm.templatetags.crm_format import number
from segments.models import ScoringRun
from segments.numerics.preparing import SKEWED

type Labels = Mapping[str, str | Promise]
STEPS = {
    "features": gettext_lazy("Describing customers"),
    "clustering": gettext_lazy("Trying numbers of clusters"),
}


@dataclass(frozen=True, slots=True)
class Cluster:
    number: int
    name: str
    size: int
    share: float
    revenue: float
    revenue_share: float
    figures: list[tuple[float, float | None]]  # Mean, and as a multiple of everyone's mean.


@dataclass(frozen=True, slots=True)
class Report:
    run: ScoringRun
    k: int
    quality: str
    reason: str
    customers: int
    left_out: int
    missing: list[tuple[str, int]]
    preparation: list[str]
    features: list[str]
    average: list[float]
    clusters: list[Cluster]
    charts: list[Chart]


def asked(run: ScoringRun, known: Labels) -> dict[str, Any]:
    """The parameters in words; `known` are the features as the reader calls them (frames.choices)."""
    wanted = run.parameters.get("features", [])
    labels = _labels(run, known)
    k = run.parameters.get("k")
    return {
        "features": _(", ").join(labels.get(name, name) for name in wanted),
        "k": _("as many as fit best") if k == "auto" else k,
        "scaling": {"none": _("as they are"), "robust": _("by their middle half")}.get(
            run.parameters.get("scaling", ""), _("by their usual spread")
        ),
        "seed": run.parameters.get("seed"),
        "step": str(STEPS.get(run.progress.get("step", ""), "")),
        "done": run.progress.get("done", 0),
        "of": run.progress.get("of", 0),
    }


def _labels(run: ScoringRun, known: Labels) -> dict[str, str]:
    """Own fields that are gone keep the name they had."""
    return {**run.result.get("labels", {}), **{name: str(label) for name, label in known.items()}}


def report(run: ScoringRun, known: Labels) -> Report:
    result = run.result
    names = run.parameters["features"]
    words = _labels(run, known)
    labels = [words[name] for name in names]
    lacking = [(label, result["missing"][name]) for name, label in zip(names, labels, strict=True)]
    return Report(
        run,
        result["k"],
        _quality(result["silhouette"]),
        _reason(result),
        result["customers"],
        result["left_out"],
        [(label, count) for label, count in lacking if count],
        _preparation(result["model"]["preparation"], labels),
        labels,
        [result["average"][name] for name in names],
        _clusters(result, names),
        [*_evidence(result), _map(result, labels), *_radar(result, names, labels)],
    )


def _quality(silhouette: float) -> str:
    if silhouette >= 0.5:
        return _("The clusters stand clearly apart.")
    if silhouette >= 0.25:
        return _("The clusters can be told apart, with people in between.")
    return _("The clusters flow into each other: take them as a help to think, not as a fact.")


def _reason(result: dict[str, Any]) -> str:
    values = {"k": result["k"], "elbow": result["by_elbow"], "best": result["by_silhouette"]}
    if result["by_silhouette"] != result["k"]:
        return (
            _("%(k)d clusters, because you asked for it. They would stand apart best with %(best)d.") % values
        )
    if result["by_silhouette"] == result["by_elbow"]:
        return (
            _("%(k)d clusters: with this number they stand apart best, and the elbow says the same.") % values
        )
    return (
        _("%(k)d clusters: with this number they stand apart best. The elbow would say %(elbow)d.") % values
    )


def _preparation(preparation: dict[str, Any], labels: Sequence[str]) -> list[str]:
    if preparation["scaling"] == "none":
        return [_("The numbers were taken as they are.")]
    texts = []
    for label, log, skew, clipped in zip(
        labels, preparation["log"], preparation["skew"], preparation["clipped"], strict=True
    ):
        if log:
            text = _(
                "%(feature)s has a long tail (skewness %(skew).1f, above %(limit).0f): its logarithm is used."
            )
            texts.append(text % {"feature": label, "skew": skew, "limit": SKEWED})
        if clipped:
            text = ngettext(
                "%(feature)s: %(count)d value beyond the 1st and 99th percent was pulled in.",
                "%(feature)s: %(count)d values beyond the 1st and 99th percent were pulled in.",
                clipped,
            )
            texts.append(text % {"feature": label, "count": clipped})
    return texts


def _clusters(result: dict[str, Any], names: Sequence[str]) -> list[Cluster]:
    revenue = sum(one["revenue"] for one in result["clusters"])
    found = []
    for place, one in enumerate(result["clusters"]):
        figures = []
        for name in names:
            average = result["average"][name]
            figures.append((one["centre"][name], one["centre"][name] / average if average > 0 else None))
        share = one["revenue"] / revenue if revenue > 0 else 0.0
        found.append(
            Cluster(
                place,
                one["name"],
                one["size"],
                one["size"] / result["customers"],
                one["revenue"],
                share,
                figures,
            )
        )
    return found


def _evidence(result: dict[str, Any]) -> list[Chart]:
    rows = result["evidence"]
    if len(rows) < 2:
        return []
    labels = [str(row["k"]) for row in rows]
    best = _("They stand apart best with %(k)d clusters") % {"k": result["by_silhouette"]}
    note = _(
        "Silhouette, from −1 to 1: how much closer people are to their own cluster than to the next one."
        " Measured on %(sample)s of %(all)s customers."
    )
    bend = _("More than %(k)d clusters gain little") % {"k": result["by_elbow"]}
    return [
        Chart(
            "line",
            best,
            labels,
            [Series(_("Silhouette"), [round(row["silhouette"], 4) for row in rows])],
            note=note
            % {
                "sample": number(result["silhouette_sample"]),
                "all": number(result["customers"]),
            },
            first_column=_("Clusters"),
            options={"scale": True},
        ),
        Chart(
            "line",
            bend,
            labels,
            [Series(_("Inertia"), [round(row["inertia"], 2) for row in rows])],
            note=_("Inertia: how far people are from the middle of their cluster, squared and summed."),
            first_column=_("Clusters"),
        ),
    ]


def _map(result: dict[str, Any], labels: Sequence[str]) -> Chart:
    drawn = result["map"]
    series = [
        Series(
            name,
            [point for point, own in zip(drawn["points"], drawn["clusters"], strict=True) if own == number],
        )
        for number, name in enumerate(result["names"])
    ]
    counts = {"shown": number(len(drawn["points"])), "of": number(drawn["of"])}
    if drawn["flat"]:
        axes = [labels[0], labels[1] if len(labels) > 1 else ""]
        note = _("%(shown)s of %(of)s customers.") % counts
    else:
        axes = [_("first direction"), _("second direction")]
        note = _(
            "Each dot is a customer (%(shown)s of %(of)s), near to those who are alike."
            " The map holds %(share)d %% of their differences."
        ) % {**counts, "share": round(100 * drawn["share"])}
    title = _("A map of your customers in %(k)d clusters") % {"k": result["k"]}
    return Chart("scatter", title, axes, series, note=note)


def _radar(result: dict[str, Any], names: Sequence[str], labels: Sequence[str]) -> list[Chart]:
    """A shape needs three corners."""
    if len(names) < 3:
        return []
    series = [
        Series(one["name"], [round(one["lean"][name], 2) for name in names]) for one in result["clusters"]
    ]
    reach = max(1.0, *(abs(value) for one in series for value in one.values))
    return [
        Chart(
            "radar",
            _("How each cluster differs from the average"),
            labels,
            series,
            unit=_("standard deviations"),
            note=_("The middle of the picture is far below the average, its edge far above."),
            options={"min": -round(reach, 1), "max": round(reach, 1)},
        )
    ]
