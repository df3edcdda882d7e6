"""A finished clustering as people read it: verdict, evidence, clusters with their rules, charts."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from django.utils.formats import number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.charts import Chart
from segments.clusters import charts as cluster_charts
from segments.clusters import column_words, naming, tree_rules
from segments.clusters import words as cluster_words
from segments.models import ScoringRun

WEAK = 0.5
MONEY = {"revenue", "average_order", "refunded", "clv"}


@dataclass(frozen=True, slots=True)
class Cluster:
    """`figures`: mean of each column, as a multiple of everyone's mean, and how it is written."""

    number: int
    key: str
    name: str
    size: int
    share: float
    revenue: float
    revenue_share: float
    figures: list[tuple[float, float | None, str]]
    stability: float | None
    band: str
    colour: str
    rule: str
    claimed: int | None
    precision: float | None
    recall: float | None
    kept: bool

    @property
    def is_weak(self) -> bool:
        """Whether the rule finds mostly others, or misses most of the cluster."""
        return min(self.precision or 0.0, self.recall or 0.0) < WEAK


@dataclass(frozen=True, slots=True)
class Report:
    run: ScoringRun
    k: int
    noise: int
    quality: str
    reason: str
    against: list[str]
    verdict: str
    colour: str
    rand: float | None
    customers: int
    left_out: int
    missing: list[tuple[str, int]]
    dropped: list[str]
    preparation: list[str]
    settings: list[str]
    features: list[str]
    average: list[tuple[float, str]]
    clusters: list[Cluster]
    has_revenue: bool
    evidence: list[dict[str, Any]]
    charts: list[Chart]


def asked(run: ScoringRun) -> dict[str, Any]:
    """The parameters in words."""
    kept = run.result.get("labels") or run.parameters.get("labels", {})
    wanted, k = run.parameters.get("features", []), run.parameters.get("k")
    labels = {name: column_words.feature_label(name, kept) for name in wanted}
    method = run.parameters.get("method", "kmeans")
    found = _("the method finds it") if method in cluster_words.DENSE else _("as many as fit best")
    return {
        "features": _(", ").join(labels.values()),
        "method": cluster_words.METHODS.get(method, method),
        "k": found if k == "auto" else k,
        "scaling": cluster_words.SCALINGS.get(run.parameters.get("scaling", ""), ""),
        "seed": run.parameters.get("seed"),
        "step": str(cluster_words.STEPS.get(run.progress.get("step", ""), _("Beginning"))),
        "done": run.progress.get("done", 0),
        "of": run.progress.get("of", 0),
    }


def listed(run: ScoringRun) -> tuple[str, list[str]]:
    """How many clusters it found, and lines of what was asked."""
    told, k = asked(run), run.result.get("k")
    title = ngettext("%(n)d cluster", "%(n)d clusters", k) % {"n": k} if k else str(told["method"])
    how = _("Number: %(k)s · comparable: %(scaling)s · seed %(seed)s") % told
    facts = [str(told["method"]), how]
    if silhouette := run.result.get("silhouette"):
        facts.append(f"{_('silhouette')} {number_format(silhouette, 2)}")
    return title, [told["features"], " · ".join(facts)]


def report(run: ScoringRun) -> Report:
    result = run.result
    label = column_words.labeller(result.get("labels", {}))
    columns = list(result["average"])
    labels = [label(one) for one in columns]
    names = naming.names(run)
    verdict, colour = cluster_words.verdict(result)
    prepared = result.get("preparation") or result["model"]["preparation"]
    return Report(
        run,
        result["k"],
        result.get("noise", 0),
        cluster_words.quality(result["silhouette"]) if result["k"] > 1 else "",
        cluster_words.reason(result),
        cluster_words.against(result),
        verdict,
        colour,
        result.get("stability", {}).get("rand"),
        result["customers"],
        result["left_out"],
        [(label(name), count) for name, count in result["missing"].items() if count],
        cluster_words.dropped(result, label),
        cluster_words.preparation(prepared, columns, label),
        cluster_words.settings(result),
        labels,
        [(result["average"][name], _kind(name)) for name in columns],
        _clusters(result, names, columns),
        any(one["revenue"] for one in result["clusters"]),
        _evidence(result),
        cluster_charts.charts(result, names, labels),
    )


def _clusters(result: dict[str, Any], names: Sequence[str], columns: Sequence[str]) -> list[Cluster]:
    revenue = sum(one["revenue"] for one in result["clusters"])
    found = []
    for place, (name, one) in enumerate(zip(names, result["clusters"], strict=True)):
        stable = None if cluster_words.too_few(result) else one.get("stability")
        words, colour = cluster_words.stability_words(stable)
        found.append(
            Cluster(
                place,
                str(one.get("key", one["name"])),
                name,
                one["size"],
                one["size"] / result["customers"],
                one["revenue"],
                one["revenue"] / revenue if revenue > 0 else 0.0,
                [_figure(one, result, column) for column in columns],
                stable,
                words,
                colour,
                tree_rules.in_words(one.get("rule")),
                one.get("claimed"),
                one.get("precision"),
                one.get("recall"),
                bool(one.get("kept")),
            )
        )
    return found


def _kind(column: str) -> str:
    """How a mean is written: the share of a category, money, or a plain number."""
    return "share" if "=" in column else "money" if column in MONEY else "number"


def _figure(one: dict[str, Any], result: dict[str, Any], column: str) -> tuple[float, float | None, str]:
    average = result["average"][column]
    ratio = one["centre"][column] / average if average > 0 else None
    return one["centre"][column], ratio, _kind(column)


def _evidence(result: dict[str, Any]) -> list[dict[str, Any]]:
    """The rows with what each measure likes best; none where only one number was tried."""
    rows = result["evidence"]
    if len(rows) < 2 or "davies_bouldin" not in rows[0]:
        return []
    best = {
        "silhouette": result["by_silhouette"],
        "inertia": result["by_elbow"],
        "davies_bouldin": min(rows, key=lambda row: row["davies_bouldin"])["k"],
        "calinski_harabasz": max(rows, key=lambda row: row["calinski_harabasz"])["k"],
        "bic": result["by_bic"],
    }
    return [
        {
            "k": row["k"],
            "chosen": row["k"] == result["k"],
            "cells": [
                (row[name], digits, best[name] == row["k"])
                for name, digits in (
                    ("silhouette", 3),
                    ("inertia", 0),
                    ("davies_bouldin", 2),
                    ("calinski_harabasz", 0),
                    *((("bic", 0),) if row["bic"] is not None else ()),
                )
            ],
            "smallest": row["smallest"],
        }
        for row in rows
    ]
