"""RFM scores and clusters of everyone, on the CustomerFeatures in sight: the live table or a shadow of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.models import Business, Customer
from segments import frames, store
from segments.clusters import columns as cluster_columns
from segments.clusters import naming
from segments.clusters.columns import Column
from segments.models import CustomerFeatures, ScoringRun
from segments.numerics import assigning, rfm
from segments.numerics.rfm_maps import Kind
from segments.rfm import cuts as rfm_cuts
from segments.rfm import names as rfm_names
from segments.rfm.names import Names

KEPT_SCORINGS = 400
NOBODY = rfm.CutPoints((0,) * 4, (0,) * 4, (0,) * 4, (0,) * 3)  # Where nobody has bought.


@dataclass(frozen=True, slots=True)
class Scoring:
    """What one RFM scoring found, by codes of `names`; `cuts` is None when nobody has bought."""

    names: Names
    cuts: rfm.CutPoints | None
    groups: dict[str, int]
    grid: list[list[int]]
    scored: int
    not_scored: int

    def as_json(self) -> dict[str, Any]:
        return {
            "cut_points": self.cuts.as_json() if self.cuts else {},
            "groups": self.groups,
            "grid": self.grid,
            "scored": self.scored,
            "not_scored": self.not_scored,
        }


def score_rfm(cuts: rfm.CutPoints | None = None, names: Names | None = None) -> Scoring:
    """Score everyone with a purchase that counts, by the given cut points or by fresh ones.

    `names`: the map; without it the one that the shop chose.
    """
    names = names or rfm_names.chosen()
    buyers = frames.buyers()
    recency, orders, revenue = buyers.values.T
    if len(buyers.ids) and (cuts is None or (names.map.kind is Kind.MIDDLE and not cuts.middle)):
        fresh = rfm.cut_points(recency, orders, revenue, names.middle)
        cuts = replace(cuts, middle=fresh.middle) if cuts else fresh
    scores = rfm.score(recency, orders, revenue, cuts or NOBODY, names.map)
    store.save_scores(buyers.ids, scores, names.map.not_yet)
    found = Counter(scores.group.tolist())
    if names.map.not_yet:
        found[names.map.not_yet] = CustomerFeatures.objects.filter(rfm_group=names.map.not_yet).count()
    return Scoring(
        names,
        cuts,
        {code: found[code] for code in names.map.codes},
        scores.grid(),
        len(buyers.ids),
        Customer.objects.count() - len(buyers.ids),
    )


def live_cuts() -> rfm.CutPoints | None:
    """The cut points of the last live scoring."""
    run = live_run(ScoringRun.Kind.RFM)
    return rfm.CutPoints.from_json(run.result["cut_points"]) if run and run.result["cut_points"] else None


@transaction.atomic
def remember(scoring: Scoring, *, as_of: date, frozen: bool) -> None:
    """Keep a live scoring with its map and cut points, and forget very old ones."""
    runs = ScoringRun.objects.filter(kind=ScoringRun.Kind.RFM)
    runs.filter(is_live=True).update(is_live=False)
    now = timezone.now()
    run = ScoringRun.objects.create(
        kind=ScoringRun.Kind.RFM,
        state=ScoringRun.State.DONE,
        parameters={"frozen": frozen, **scoring.names.as_json()},
        result=scoring.as_json(),
        as_of=as_of,
        is_live=True,
        started_at=now,
        finished_at=now,
    )
    old = runs.filter(pk__lt=run.pk).values_list("pk", flat=True)[KEPT_SCORINGS : KEPT_SCORINGS + 1]
    runs.filter(pk__lte=max(old, default=0)).delete()
    rfm_cuts.keep(scoring.cuts, Business.current().today(now))
    rfm_names.forget()


def live_run(kind: ScoringRun.Kind) -> ScoringRun | None:
    return ScoringRun.objects.filter(kind=kind, is_live=True, state=ScoringRun.State.DONE).first()


def score_few(cuts: rfm.CutPoints, names: Names) -> int:
    """Score those `at_hand` by the cut points and the map in force."""
    buyers = frames.buyers(few=True)
    recency, orders, revenue = buyers.values.T
    scores = rfm.score(recency, orders, revenue, cuts, names.map)
    return store.save_scores(buyers.ids, scores, names.map.not_yet, few=True)


def assign_clusters(run: ScoringRun | None, *, few: bool = False) -> int:
    """Give everyone (`few`: `at_hand`) their cluster by the clustering `run`, without refitting.

    Nobody has one without it.
    """
    if run is None:
        if not few:
            store.clear_clusters()
        return 0
    model = assigning.Model.from_json(run.model or run.result["model"])
    columns = [Column(**one) for one in run.result.get("columns", [])] or [Column(n) for n in model.features]
    table = cluster_columns.read_again(columns, Business.current().today(), few=few)
    known = table.complete
    labels = model.nearest(table.values[known])
    noise = naming.UNUSUAL if run.result.get("noise") else ""
    return store.save_clusters(table.ids[known], labels.tolist(), naming.keys(run), noise, few=few)
