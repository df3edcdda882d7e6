"""Clusterings: one run from its parameters to its stored result, and the one that is in use."""

from __future__ import annotations

import time
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import analysis_day
from crm.errors import Refusal
from crm.models import Business
from segments import features, frames, lease, runs, scoring, store
from segments.clusters import columns, results
from segments.models import CustomerFeatures, ScoringRun
from segments.numerics import clustering
from segments.numerics.clustering import Wish

DEFAULT_FEATURES = ("recency_days", "orders", "revenue")
MOST_FEATURES = 12
WAITING = (ScoringRun.State.QUEUED, ScoringRun.State.RUNNING)


def first_features() -> Sequence[str]:
    """What is ticked at first: how people buy; where nobody bought yet, the shop's own numbers."""
    if CustomerFeatures.objects.filter(orders__gt=0).exists():
        return DEFAULT_FEATURES
    own = [name for name, one in columns.features().items() if columns.is_own(name) and not one.is_category]
    return own[:MOST_FEATURES] or DEFAULT_FEATURES


@dataclass(frozen=True, slots=True)
class Choice:
    """How a method was set by hand; None is chosen by the data. `eps` in prepared units."""

    method: str = "kmeans"
    eps: float | None = None
    min_points: int | None = None
    min_size: int | None = None
    covariance: str | None = None

    def as_json(self) -> dict[str, Any]:
        chosen = {name: getattr(self, name) for name in self.__slots__}
        return {name: value for name, value in chosen.items() if value is not None}


KMEANS = Choice()


def prepare(
    names: Sequence[str],
    *,
    k: int | None,
    scaling: str,
    seed: int,
    as_of: date | None = None,
    choice: Choice = KMEANS,
) -> ScoringRun:
    """A waiting run; unknown features are refused."""
    wanted = columns.chosen(names)
    if not 1 <= len(wanted) <= MOST_FEATURES:
        raise Refusal(_("Please choose between 1 and %(most)d features.") % {"most": MOST_FEATURES})
    return ScoringRun.objects.create(
        kind=ScoringRun.Kind.CLUSTER,
        as_of=as_of,
        parameters={
            "features": list(wanted),
            "labels": {name: str(one.label) for name, one in wanted.items() if columns.is_own(name)},
            "k": k or "auto",
            "scaling": scaling,
            "seed": seed,
            "day": as_of.isoformat() if as_of else None,
            **choice.as_json(),
        },
    )


def start(run: ScoringRun) -> None:
    """Let a worker calculate a prepared run."""
    runs.send(run.pk)


def cancel(run: ScoringRun) -> bool:
    """Stop a run that is waiting or under way; its worker notices at its next step and drops its work."""
    mine = ScoringRun.objects.filter(pk=run.pk, kind=ScoringRun.Kind.CLUSTER, state__in=WAITING)
    return bool(mine.update(state=ScoringRun.State.CANCELLED, finished_at=timezone.now()))


def run(run: ScoringRun) -> dict[str, Any]:
    """Calculate a claimed run and keep its result and members."""
    try:
        return _work(run)
    except lease.Superseded:
        raise
    except (clustering.TooLittleData, clustering.NothingFound) as error:
        reason = _reason(error, run)
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
    asked = run.parameters
    as_of = date.fromisoformat(asked["day"]) if asked.get("day") else None
    day = as_of or analysis_day.day(business)
    lease.step(run, "features")
    with features.aside(day, business=business, filled=as_of is None):
        table = columns.read(asked["features"], as_of or business.today())
        _differing(table)
        whole = table.complete
        ids, values = table.ids[whole], table.values[whole]
        found = clustering.cluster(ids, values, _wish(table, asked), _teller(run))
        lease.step(run, "explaining")
        revenue = frames.numbers(["revenue"]).values[whole, 0]
        people = results.People(table, ids, values, revenue)
        made = results.build(run, found, people, as_of=as_of)
    made.result["seconds"] = round(time.perf_counter() - began, 3)
    lease.step(run, "keeping")
    with transaction.atomic():
        store.save_members(run, ids, found.labels.tolist(), made.oddities)
        lease.finish(run, as_of=day, result=made.result, model=found.model.as_json())
    return made.result


def _wish(table: columns.Table, asked: dict[str, Any]) -> Wish:
    return Wish(
        table.names,
        None if asked["k"] == "auto" else int(asked["k"]),
        asked["scaling"],
        asked["seed"],
        asked.get("method", "kmeans"),
        tuple(one.kind != columns.NUMBER for one in table.columns),
        asked.get("eps"),
        asked.get("min_points"),
        asked.get("min_size"),
        asked.get("covariance"),
    )


def _teller(run: ScoringRun) -> clustering.Tell:
    """Progress that begins a step when its name changes."""
    steps: dict[str, lease.Progress] = {}

    def tell(step: str, done: int, of: int) -> None:
        if step not in steps:
            steps[step] = lease.step(run, step)
        steps[step](done, of)

    return tell


def _differing(table: columns.Table) -> None:
    """Refuse what cannot work before anything is calculated, in words."""
    if len(table.ids) >= clustering.FEWEST and not table.columns:
        raise Refusal(
            _(
                "In everything you chose all customers are equal or unknown, so nothing tells them apart."
                " Please choose other features."
            )
        )


def _reason(error: Exception, run: ScoringRun) -> str:
    if isinstance(error, clustering.NothingFound):
        return _(
            "Nowhere do enough customers lie close together to be a cluster."
            " Allow a greater distance or fewer neighbours, or try K-Means."
        )
    count = error.args[0]
    if isinstance(error, clustering.TooManyWanted):
        return ngettext(
            "You asked for %(k)s clusters, but only %(count)d customer differs in the chosen features."
            " Please ask for fewer.",
            "You asked for %(k)s clusters, but only %(count)d customers differ in the chosen features."
            " Please ask for fewer.",
            count,
        ) % {"k": run.parameters["k"], "count": count}
    return ngettext(
        "Clusters need at least %(fewest)d customers who differ in the chosen features; there is %(count)d."
        " Please choose features that more customers have, or come back later.",
        "Clusters need at least %(fewest)d customers who differ in the chosen features; there are %(count)d."
        " Please choose features that more customers have, or come back later.",
        count,
    ) % {"fewest": clustering.FEWEST, "count": count}
