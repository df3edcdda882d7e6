"""The one recipe: features → RFM → value → lapse → clusters → segments, aside, then switched in whole."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import analysis_day, bulk, memory
from crm.errors import Refusal
from crm.models import Business
from segments import audience, features, lease, runs, scoring
from segments.drift import watching
from segments.following import pending
from segments.lapse import lapsing
from segments.lifecycle import stages
from segments.model_tags import giving
from segments.models import CustomerFeatures, Membership, ModelTag, ScoringRun
from segments.predictions import kept_scores
from segments.rfm import cuts as rfm_cuts
from segments.rfm import moves, names
from segments.room import roomy
from segments.shadow import drop, live_table, publish, settle, shadow, shadow_table
from segments.value import valuing

STEPS = {
    "features": _("Describing customers"),
    "rfm": _("Scoring recency, frequency and money"),
    "value": _("Estimating customer value"),
    "lapse": _("Estimating who will not come back"),
    "scores": _("Renewing kept predictions"),
    "clusters": _("Assigning clusters"),
    "tags": _("Giving tags"),
    "segments": _("Rebuilding segments"),
}


def request(only: Sequence[str] = ()) -> ScoringRun:
    """Ask for a refresh in the background; one that is waiting already serves everybody."""
    waiting = ScoringRun.objects.filter(
        kind=ScoringRun.Kind.REFRESH, state=ScoringRun.State.QUEUED, parameters={"only": list(only)}
    ).first()
    run = waiting or ScoringRun.objects.create(kind=ScoringRun.Kind.REFRESH, parameters={"only": list(only)})
    runs.send(run.pk)
    return run


def run(
    run: ScoringRun | None,
    *,
    as_of: date | None = None,
    only: Sequence[str] = (),
    frozen: bool | None = None,
) -> dict[str, Any]:
    """Refresh everyone; without a claimed `run` one is made here. Only one refresh runs at a time.

    `frozen`: RFM by the last scoring's cut points (True) or by fresh ones (False), else as the shop chose.
    """
    run = run or _take(only)
    try:
        with roomy():
            return _work(run, as_of, tuple(only or run.parameters.get("only", ())), frozen)
    except lease.Superseded:
        raise
    except Exception as error:
        lease.fail(run, str(error) if isinstance(error, Refusal) else f"{type(error).__name__}: {error}")
        raise


def _take(only: Sequence[str]) -> ScoringRun:
    now = timezone.now()
    for other in ScoringRun.objects.filter(kind=ScoringRun.Kind.REFRESH, state=ScoringRun.State.RUNNING):
        if lease.is_dead(other, now):
            lease.fail(other, str(_("Its process was stopped.")))
    made = ScoringRun.objects.create(kind=ScoringRun.Kind.REFRESH, parameters={"only": list(only)})
    claimed = lease.claim(made.pk)
    if claimed is None:
        made.delete()
        raise Refusal(_("A refresh is running already. Please wait until it is done."))
    return claimed


def _work(run: ScoringRun, as_of: date | None, only: tuple[str, ...], frozen: bool | None) -> dict[str, Any]:
    began = time.perf_counter()
    business = Business.current()
    now = timezone.now()
    stands = analysis_day.settle(business, now)
    day, heard_on = as_of or stands.day, as_of or stands.today
    wanted = [name for name in STEPS if not only or name in only]
    steps: list[dict[str, Any]] = []
    found: list[scoring.Scoring] = []
    valued: list[valuing.Valuation] = []
    lapsed: list[lapsing.Lapsing] = []
    tags: list[ModelTag] = []
    clustering = scoring.live_run(ScoringRun.Kind.CLUSTER)
    is_whole = _covers(as_of, wanted)
    features.count_anew()
    with shadow(filled=True):
        if "features" in wanted:
            _timed(run, "features", steps, lambda _: _describe(run, day, business, heard_on))
        settle()
        work: dict[str, Callable[[lease.Progress], int | None]] = {
            "rfm": lambda _: _score(found, frozen, stands.today),
            "value": lambda _: _value(valued, day, business),
            "lapse": lambda _: _lapse(lapsed, day, business),
            "scores": lambda _: kept_scores.renew_all(),
            "clusters": lambda _: scoring.assign_clusters(clustering),
            "tags": lambda _: _tag(tags, day, business),
        }
        for name in filter(work.get, wanted):
            _timed(run, name, steps, work[name])
        tell = lease.step(run, "segments")  # Before the switch, so that others see it.
        with transaction.atomic():
            if "features" in wanted and as_of is None and not _has_moved(run, stands):
                _note_moves(found, stands.today, now)
            customers = publish()
            drop()
            bulk.analyze(CustomerFeatures)  # Segments are rebuilt from these rows at once.
            _keep(found, valued, day, frozen, clustering)
            lapsing.keep(lapsed, as_of=day)
            giving.give(tags)
            if "segments" in wanted:
                _timed(run, "segments", steps, lambda _: audience.rebuild_all(now, tell))
            if is_whole:
                pending.covered(now)
            result = dict(run.result) | _result(day, customers, steps, time.perf_counter() - began)
            lease.finish(run, as_of=day, result=result)
    bulk.analyze(CustomerFeatures, Membership)
    valuing.sum_up_segments()
    if "features" in wanted and as_of is None:
        watching.watch(business, now)
    return result


def _covers(as_of: date | None, wanted: Sequence[str]) -> bool:
    """Whether this refresh works in every change there is; then it takes them."""
    is_whole = as_of is None and {"features", "segments"} <= set(wanted)
    if is_whole:
        pending.cover()
    return is_whole


def _has_moved(run: ScoringRun, stands: analysis_day.Standing) -> bool:
    """Whether analysis stands elsewhere than at the last refresh: who changes stage by that, did not move."""
    here = [stands.mode, stands.day.isoformat() if stands.mode == analysis_day.Mode.FIXED else ""]
    done = ScoringRun.objects.filter(kind=ScoringRun.Kind.REFRESH, state=ScoringRun.State.DONE)
    last = done.exclude(parameters__standing=None).first()
    run.parameters = {**run.parameters, "standing": here}
    ScoringRun.objects.filter(pk=run.pk).update(parameters=run.parameters)
    return last is not None and last.parameters.get("standing", [analysis_day.Mode.TODAY, ""]) != here


def _note_moves(found: list[scoring.Scoring], today: date, now: datetime) -> None:
    """Who came to another stage or RFM group, while both tables are there."""
    stages.note_moves(live_table(), shadow_table(), today, now)
    for one in found:
        moves.note(live_table(), shadow_table(), one.names, one.cuts, now, today)


def _describe(run: ScoringRun, day: date, business: Business, heard_on: date) -> int:
    count = features.rebuild(day, business=business, heard_on=heard_on)
    settle()
    run.result = {"lifecycle": asdict(stages.assign(day, business=business))}
    return count


def _score(found: list[scoring.Scoring], frozen: bool | None, today: date) -> int:
    cuts = rfm_cuts.held(names.choice(), today) if frozen is None else None
    found.append(scoring.score_rfm(scoring.live_cuts() if frozen else cuts))
    return found[0].scored


def _value(valued: list[valuing.Valuation], day: date, business: Business) -> int:
    valued.append(valuing.value_everyone(day, business))
    return valued[0].valued


def _lapse(lapsed: list[lapsing.Lapsing], day: date, business: Business) -> int:
    lapsed.append(lapsing.score_everyone(day, business))
    return lapsed[0].scored


def _tag(tags: list[ModelTag], day: date, business: Business) -> int:
    tags += giving.prepare(day, business)
    return len(tags)


def _keep(
    found: list[scoring.Scoring],
    valued: list[valuing.Valuation],
    day: date,
    frozen: bool | None,
    clustering: ScoringRun | None,
) -> None:
    """Remember what is now live, and catch up with a clustering chosen in the meantime."""
    for one in found:
        scoring.remember(one, as_of=day, frozen=bool(frozen))
    for value in valued:
        valuing.remember(value, as_of=day)
    in_use = scoring.live_run(ScoringRun.Kind.CLUSTER)
    if in_use != clustering:
        scoring.assign_clusters(in_use)


def _timed(
    run: ScoringRun, name: str, steps: list[dict[str, Any]], work: Callable[[lease.Progress], int | None]
) -> None:
    tell = lease.step(run, name)
    began = time.perf_counter()
    rows = work(tell)
    steps.append({"name": name, "seconds": round(time.perf_counter() - began, 3), "rows": rows or 0})


def _result(day: date, customers: int, steps: list[dict[str, Any]], seconds: float) -> dict[str, Any]:
    return {
        "as_of": day.isoformat(),
        "customers": customers,
        "steps": steps,
        "seconds": round(seconds, 3),
        "peak_mb": round(memory.peak_mb()),
    }


@dataclass(frozen=True, slots=True)
class Status(runs.Status):
    """What pages tell of refreshes; `day` is the one that the features describe."""

    day: date | None = None
    is_last_sale: bool = False
    fresh: pending.Freshness | None = None


def status() -> Status:
    day = CustomerFeatures.objects.values_list("as_of", flat=True).first()
    stands = analysis_day.standing(Business.current())
    found = Status.of(ScoringRun.Kind.REFRESH, STEPS)
    is_last_sale = stands.is_last_sale and stands.day == day
    return replace(found, day=day, is_last_sale=is_last_sale, fresh=pending.freshness(timezone.now()))


def latest(count: int = 10) -> list[ScoringRun]:
    return list(ScoringRun.objects.filter(kind=ScoringRun.Kind.REFRESH)[:count])
