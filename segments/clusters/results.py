"""What a clustering found, as plain JSON that pages, commands and later runs read."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import asdict, dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from segments.clusters import columns as cluster_columns
from segments.clusters import naming, tree_rules
from segments.clusters.columns import Table
from segments.models import ScoringRun
from segments.numerics import explaining, mapping, matching
from segments.numerics.assigning import NOISE, Model
from segments.numerics.clustering import Clustering, oddness, unclipped

type Ids = npt.NDArray[np.int64]
type Floats = npt.NDArray[np.float64]
type Oddity = tuple[float, list[list[Any]]]
MOST_ODD = 3  # Features that are named of somebody unusual.


@dataclass(frozen=True, slots=True)
class People:
    """Those who were grouped: ids (n), raw values (n × columns), revenue (n); `table` is everybody."""

    table: Table
    ids: Ids
    values: Floats
    revenue: Floats


@dataclass(frozen=True, slots=True)
class Made:
    """`oddities`: for the place of each unusual customer, how far they stand apart and in what."""

    result: dict[str, Any]
    oddities: dict[int, Oddity]


def build(run: ScoringRun, found: Clustering, people: People, *, as_of: date | None) -> Made:
    """Inside `features.aside` of the day, as rules are asked here."""
    clusters = _clusters(run, found, people, as_of)
    table = people.table
    result = {
        "method": found.settings.method,
        "settings": asdict(found.settings),
        "k": found.k,
        "is_auto": run.parameters.get("k") == "auto",
        "evidence": [asdict(row) for row in found.evidence],
        "by_silhouette": found.by_silhouette,
        "by_elbow": found.by_elbow,
        "by_bic": found.by_bic,
        "inertia": found.inertia,
        "silhouette": found.silhouette,
        "silhouette_sample": found.silhouette_sample,
        "fitted_on": found.start_sample,
        "stability": asdict(found.stability),
        "noise": found.noise,
        "customers": len(people.ids),
        "left_out": len(table.ids) - len(people.ids),
        "missing": table.missing,
        "dropped": table.dropped,
        "columns": [one.as_json() for one in table.columns],
        "labels": _labels(table),
        "average": found.average,
        "clusters": clusters,
        "map": mapping.picture(people.values, found.labels, found.model, run.parameters["seed"]),
        "preparation": found.model.preparation.as_json(),
        "curve": list(found.curve),
    }
    return Made(result, dict(_oddities(found, people)))


def _labels(table: Table) -> dict[str, str]:
    """What the shop itself named, and how."""
    known = cluster_columns.features()
    own = {one.feature for one in table.columns} | set(table.dropped) | set(table.missing)
    return {name: str(known[name].label) for name in own if cluster_columns.is_own(name)}


def _clusters(run: ScoringRun, found: Clustering, people: People, as_of: date | None) -> list[dict[str, Any]]:
    kept = _kept(run, found.model)
    names = naming.name_clusters(found.profiles, {place: one["name"] for place, one in kept.items()})
    money = [float(np.nan_to_num(people.revenue[found.labels == one]).sum()) for one in range(found.k)]
    claims = list(_claims(run, found, people, as_of))
    return [
        {
            "key": kept[place]["key"] if place in kept else f"{run.pk}-{place + 1}",
            "name": names[place],
            "kept": place in kept,
            "size": one.size,
            "centre": one.centre,
            "lean": one.lean,
            "revenue": money[place],
            "silhouette": found.silhouettes[place],
            "stability": found.stability.clusters[place],
            **(claims[place] or {"rule": None, "claimed": None, "precision": None, "recall": None}),
        }
        for place, one in enumerate(found.profiles)
    ]


def _claims(
    run: ScoringRun, found: Clustering, people: People, as_of: date | None
) -> Iterator[dict[str, Any] | None]:
    """The rule of each cluster, and whom it finds when the database is asked."""
    columns = people.table.columns
    kinds = {name: str(one.field.kind) for name, one in cluster_columns.features().items()}
    whole = [bool((column == np.floor(column)).all()) for column in people.values.T]
    explained = explaining.explain(people.values, found.labels, found.k, run.parameters["seed"])
    for place, boxes in enumerate(explained):
        rule = tree_rules.as_rule(boxes, columns, kinds, whole)
        inside = people.ids[found.labels == place]
        claim = tree_rules.measure(rule, inside, as_of=as_of) if rule else None
        yield claim.as_json() if claim else None


def _kept(run: ScoringRun, model: Model) -> dict[int, dict[str, Any]]:
    """{cluster: the one of an earlier clustering by the same columns that it continues}."""
    wanted = {name: run.parameters[name] for name in ("features", "scaling")}
    done = ScoringRun.objects.filter(kind=ScoringRun.Kind.CLUSTER, state=ScoringRun.State.DONE)
    for before in done.exclude(pk=run.pk).order_by("-is_live", "-pk")[:20]:
        same = {name: before.parameters.get(name) for name in wanted} == wanted
        data = before.model or before.result.get("model")
        if not same or not data or tuple(data["features"]) != model.features:
            continue
        old = Model.from_json(data)
        centres = model.preparation.apply(old.preparation.undo(old.centres))
        pairs = matching.same_clusters(centres, model.centres)
        clusters = before.result["clusters"]
        return {
            mine: {
                "key": str(clusters[theirs].get("key", clusters[theirs]["name"])),
                "name": clusters[theirs]["name"],
            }
            for mine, theirs in pairs.items()
            if theirs < len(clusters)
        }
    return {}


def _oddities(found: Clustering, people: People) -> Iterator[tuple[int, Oddity]]:
    """What is unusual about those in no cluster: the features that lie farthest from the average."""
    noise = np.flatnonzero(found.labels == NOISE)
    if not len(noise):
        return
    everyone = unclipped(found.model.preparation, people.values)
    middle, spread = everyone.mean(axis=0), everyone.std(axis=0)
    own = people.values[noise]
    apart = oddness(found.model, own, middle, spread)
    for place, row, values in zip(noise.tolist(), apart, own, strict=True):
        order = np.argsort(-np.abs(row), kind="stable")[:MOST_ODD]
        why = [
            [found.model.features[one], round(float(row[one]), 2), round(float(values[one]), 2)]
            for one in order
        ]
        yield place, (round(float(np.sqrt((row**2).mean())), 2), why)
