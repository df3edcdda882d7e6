"""Clusterings: one run from its parameters to its stored result, and the one that is in use."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import asdict
from datetime import date
from typing import Any

import numpy as np
from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from crm import analysis_day
from crm.errors import Refusal
from crm.models import Business
from segments import features, frames, lease, naming, runs, scoring, store
from segments.models import ScoringRun
from segments.numerics import clustering

DEFAULT_FEATURES = ("recency_days", "orders", "revenue")
MOST_FEATURES = 12


def prepare(
    names: Sequence[str], *, k: int | None, scaling: str, seed: int, as_of: date | None = None
) -> ScoringRun:
    """A waiting run; unknown features are refused. Clusters will be named in the language in force."""
    wanted = tuple(frames.labels(names))
    if not 1 <= len(wanted) <= MOST_FEATURES:
        raise Refusal(_("Please choose between 1 and %(most)d numbers.") % {"most": MOST_FEATURES})
    return ScoringRun.objects.create(
        kind=ScoringRun.Kind.CLUSTER,
        as_of=as_of,
        parameters={
            "method": "kmeans",
            "features": list(wanted),
            "k": k or "auto",
            "scaling": scaling,
            "seed": seed,
            "language": translation.get_language() or "en",
        },
    )


def start(run: ScoringRun) -> None:
    """Let a worker calculate a prepared run."""
    runs.send(run.pk)


def run(run: ScoringRun) -> dict[str, Any]:
    """Calculate a claimed run and keep its result and members."""
    try:
        with translation.override(run.parameters["language"]):
            return _work(run)
    except lease.Superseded:
        raise
    except clustering.TooLittleData as error:
        with translation.override(run.parameters["language"]):
            reason = _too_little(error.args[0])
        lease.fail(run, reason)
        raise Refusal(reason) from error
    except Exception as error:
        lease.fail(run, str(error) if isinstance(error, Refusal) else f"{type(error).__name__}: {error}")
        raise


@transaction.atomic
def use(run: ScoringRun) -> int:
    """Make this clustering the one by which everyone, new customers too, is assigned."""
    if run.kind != ScoringRun.Kind.CLUSTER or run.state != ScoringRun.State.DONE:
        raise Refusal(_("Only a finished clustering can be used."))
    ScoringRun.objects.filter(kind=ScoringRun.Kind.CLUSTER, is_live=True).update(is_live=False)
    ScoringRun.objects.filter(pk=run.pk).update(is_live=True)
    return scoring.assign_clusters(run)


def _work(run: ScoringRun) -> dict[str, Any]:
    began = time.perf_counter()
    business = Business.current()
    day = run.as_of or analysis_day.day(business)
    asked = run.parameters
    lease.step(run, "features")
    with features.aside(day, business=business):
        everyone = frames.numbers(asked["features"])
        revenue = frames.numbers(["revenue"]).values[:, 0]
    known = ~np.isnan(everyone.values).any(axis=1)
    frame = everyone.complete()
    found = clustering.cluster(
        frame.ids,
        frame.values,
        clustering.Wish(
            frame.names, None if asked["k"] == "auto" else int(asked["k"]), asked["scaling"], asked["seed"]
        ),
        lease.step(run, "clustering"),
    )
    result = _result(found, frame, everyone, np.nan_to_num(revenue[known]), asked)
    result["seconds"] = round(time.perf_counter() - began, 3)
    with transaction.atomic():
        store.save_members(run, frame.ids, found.labels.tolist())
        lease.finish(run, as_of=day, result=result)
    return result


def _result(
    found: clustering.Clustering,
    frame: frames.Frame,
    everyone: frames.Frame,
    revenue: Any,
    asked: dict[str, Any],
) -> dict[str, Any]:
    labels = frames.labels(frame.names)
    names = naming.name_clusters(found.profiles, labels)
    per_cluster = np.bincount(found.labels, revenue, minlength=found.k)
    return {
        "k": found.k,
        "evidence": [asdict(row) for row in found.evidence],
        "by_silhouette": found.by_silhouette,
        "by_elbow": found.by_elbow,
        "inertia": found.inertia,
        "silhouette": found.silhouette,
        "silhouette_sample": found.silhouette_sample,
        "customers": len(frame.ids),
        "left_out": len(everyone.ids) - len(frame.ids),
        "missing": everyone.missing(),
        "labels": labels,
        "names": names,
        "average": found.average,
        "clusters": [
            {"name": name, "size": one.size, "centre": one.centre, "lean": one.lean, "revenue": float(money)}
            for name, one, money in zip(names, found.profiles, per_cluster, strict=True)
        ],
        "map": clustering.picture(frame.values, found.labels, found.model, asked["seed"]),
        "model": found.model.as_json(),
    }


def _too_little(count: int) -> str:
    return _(
        "Clusters need at least %(fewest)d customers who differ in the chosen numbers; there are %(count)d."
        " Please choose numbers that more customers have, or come back later."
    ) % {"fewest": clustering.FEWEST, "count": count}
