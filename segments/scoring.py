"""RFM scores and clusters of everyone, on the CustomerFeatures in sight: the live table or a shadow of it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm.models import Business, Customer
from segments import cluster_columns, frames, naming, store
from segments.cluster_columns import Column
from segments.models import ScoringRun
from segments.numerics import assigning, rfm

KEPT_SCORINGS = 400


@dataclass(frozen=True, slots=True)
class Scoring:
    """What one RFM scoring found; `cuts` is None when nobody has bought."""

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


def score_rfm(cuts: rfm.CutPoints | None = None, names: str = "ten") -> Scoring:
    """Score everyone with a purchase that counts, by the given cut points or by fresh ones."""
    buyers = frames.buyers()
    recency, orders, revenue = buyers.values.T
    if len(buyers.ids) and cuts is None:
        cuts = rfm.cut_points(recency, orders, revenue)
    empty = rfm.CutPoints((0,) * 4, (0,) * 4, (0,) * 4)
    scores = rfm.score(recency, orders, revenue, cuts or empty, names)
    store.save_scores(buyers.ids, scores)
    found = scores.group.tolist()
    return Scoring(
        cuts,
        {code: found.count(code) for code in rfm.MAPS[names]},
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
    """Keep a live scoring with its cut points, and forget very old ones."""
    runs = ScoringRun.objects.filter(kind=ScoringRun.Kind.RFM)
    runs.filter(is_live=True).update(is_live=False)
    now = timezone.now()
    run = ScoringRun.objects.create(
        kind=ScoringRun.Kind.RFM,
        state=ScoringRun.State.DONE,
        parameters={"frozen": frozen, "map": "ten"},
        result=scoring.as_json(),
        as_of=as_of,
        is_live=True,
        started_at=now,
        finished_at=now,
    )
    old = runs.filter(pk__lt=run.pk).values_list("pk", flat=True)[KEPT_SCORINGS : KEPT_SCORINGS + 1]
    runs.filter(pk__lte=max(old, default=0)).delete()


def live_run(kind: ScoringRun.Kind) -> ScoringRun | None:
    return ScoringRun.objects.filter(kind=kind, is_live=True, state=ScoringRun.State.DONE).first()


def assign_clusters(run: ScoringRun | None) -> int:
    """Give everyone their cluster by the clustering `run`, without refitting; nobody has one without it."""
    if run is None:
        store.clear_clusters()
        return 0
    model = assigning.Model.from_json(run.model or run.result["model"])
    columns = [Column(**one) for one in run.result.get("columns", [])] or [Column(n) for n in model.features]
    table = cluster_columns.read_again(columns, Business.current().today())
    known = table.complete
    labels = model.nearest(table.values[known])
    noise = naming.UNUSUAL if run.result.get("noise") else ""
    return store.save_clusters(table.ids[known], labels.tolist(), naming.keys(run), noise)
