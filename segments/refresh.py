"""The one recipe: features → RFM → value → lapse → clusters → segments, aside, then switched in whole.

Value and lapse are learned beside, from the purchases alone, while the database describes and scores.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from dataclasses import asdict, dataclass, field, replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from crm import analysis_day, bulk, memory
from crm.errors import Refusal
from crm.models import Business
from segments import ahead, audience, features, lease, runs, scoring, since_refresh
from segments.ahead import Ahead
from segments.beside import Asked, Beside, beside
from segments.drift import watching
from segments.following import pending
from segments.lapse import lapsing
from segments.lifecycle import stages
from segments.membership import switching
from segments.model_tags import giving
from segments.models import CustomerFeatures, Membership, ModelTag, ScoringRun
from segments.predictions import kept_scores
from segments.rfm import cuts as rfm_cuts
from segments.rfm import moves, names
from segments.room import put_in_place, roomy
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


@dataclass(slots=True)
class Work:
    """One refresh under way: what it was asked, and what its steps found until that is live."""

    run: ScoringRun
    business: Business
    now: datetime
    stands: analysis_day.Standing
    as_of: date | None
    wanted: list[str]
    frozen: bool | None
    clustering: ScoringRun | None
    held: stages.Thresholds | None = None
    steps: list[dict[str, Any]] = field(default_factory=list)
    scorings: list[scoring.Scoring] = field(default_factory=list)
    valued: list[valuing.Valuation] = field(default_factory=list)
    lapsed: list[lapsing.Lapsing] = field(default_factory=list)
    tags: list[ModelTag] = field(default_factory=list)

    @property
    def day(self) -> date:
        return self.as_of or self.stands.day

    @property
    def is_of_today(self) -> bool:
        return "features" in self.wanted and self.as_of is None


def _work(run: ScoringRun, as_of: date | None, only: tuple[str, ...], frozen: bool | None) -> dict[str, Any]:
    began = time.perf_counter()
    business, now = Business.current(), timezone.now()
    stands = analysis_day.settle(business, now)
    wanted = [name for name in STEPS if not only or name in only]
    clustering = scoring.live_run(ScoringRun.Kind.CLUSTER)
    work = Work(run, business, now, stands, as_of, wanted, frozen, clustering)
    is_whole = _covers(as_of, wanted)
    features.count_anew()
    with beside() as also:
        with shadow(filled=True):
            known = _find(work, also)
            found = known() if "segments" in wanted else {}
            tell = lease.step(run, "segments")  # Before the switch, so that others see it.
            with transaction.atomic():
                customers = _switch(work)
                if "segments" in wanted:
                    _timed(work, "segments", lambda _: audience.rebuild_all(now, tell, found))
                if is_whole:
                    pending.covered(now)
                seconds = time.perf_counter() - began
                result = dict(run.result) | _result(work.day, customers, work.steps, seconds)
                lease.finish(run, as_of=work.day, result=result)
        also.begin(put_in_place)
        _sum_up(work)
    return result


def _sum_up(work: Work) -> None:
    """What pages show of everyone, by what is live now."""
    since_refresh.note(work.run)
    switching.drop_strays()
    bulk.analyze(CustomerFeatures, Membership)
    valuing.sum_up_segments()
    if work.is_of_today:
        watching.watch(work.business, work.now)


def _find(work: Work, also: Beside) -> Asked[Ahead]:
    """Every step but the last, in the shadow; some of the last is found beside."""
    day, business, wanted = work.day, work.business, work.wanted
    estimated = also.begin(lambda: valuing.estimate(day, business), at_once="value" in wanted)
    if "features" in wanted:
        _timed(work, "features", lambda _: _describe(work))
    settle()
    held = work.held or stages.thresholds()
    learned = also.begin(lambda: lapsing.learn(day, business, held.lost_days), at_once="lapse" in wanted)
    known = also.begin(lambda: ahead.find(work.now), at_once="segments" in wanted)
    steps: dict[str, Callable[[lease.Progress], int | None]] = {
        "rfm": lambda _: _score(work),
        "value": lambda _: _value(work, estimated()),
        "lapse": lambda _: _lapse(work, learned()),
        "scores": lambda _: kept_scores.renew_all(),
        "clusters": lambda _: scoring.assign_clusters(work.clustering),
        "tags": lambda _: _tag(work, held),
    }
    for name in filter(steps.get, wanted):
        _timed(work, name, steps[name])
    return known


def _switch(work: Work) -> int:
    """Make live what was found, all but the memberships; returns how many are described."""
    if work.is_of_today and not _has_moved(work.run, work.stands):
        _note_moves(work)
    customers = publish()
    drop()
    bulk.analyze(CustomerFeatures)  # Segments are rebuilt from these rows at once.
    _keep(work)
    giving.give(work.tags)
    return customers


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


def _note_moves(work: Work) -> None:
    """Who came to another stage or RFM group, while both tables are there."""
    today, now = work.stands.today, work.now
    stages.note_moves(live_table(), shadow_table(), today, now)
    for one in work.scorings:
        moves.note(live_table(), shadow_table(), one.names, one.cuts, now, today)


def _describe(work: Work) -> int:
    heard_on = work.as_of or work.stands.today
    count = features.rebuild(work.day, business=work.business, heard_on=heard_on)
    settle()
    work.held = stages.assign(work.day, business=work.business)
    work.run.result = {"lifecycle": asdict(work.held)}
    return count


def _score(work: Work) -> int:
    cuts = rfm_cuts.held(names.choice(), work.stands.today) if work.frozen is None else None
    found = scoring.score_rfm(scoring.live_cuts() if work.frozen else cuts)
    work.scorings.append(found)
    return found.scored


def _value(work: Work, estimated: valuing.Estimated) -> int:
    work.valued.append(valuing.save(estimated))
    return work.valued[0].valued


def _lapse(work: Work, learned: lapsing.Learned) -> int:
    work.lapsed.append(lapsing.save(learned, work.day))
    return work.lapsed[0].scored


def _tag(work: Work, held: stages.Thresholds) -> int:
    work.tags += giving.prepare(work.day, work.business, held)
    return len(work.tags)


def _keep(work: Work) -> None:
    """Remember what is now live, and catch up with a clustering chosen in the meantime."""
    for one in work.scorings:
        scoring.remember(one, as_of=work.day, frozen=bool(work.frozen))
    for value in work.valued:
        valuing.remember(value, as_of=work.day)
    lapsing.keep(work.lapsed, as_of=work.day)
    in_use = scoring.live_run(ScoringRun.Kind.CLUSTER)
    if in_use != work.clustering:
        scoring.assign_clusters(in_use)


def _timed(work: Work, name: str, step: Callable[[lease.Progress], int | None]) -> None:
    tell = lease.step(work.run, name)
    began = time.perf_counter()
    rows = step(tell)
    work.steps.append({"name": name, "seconds": round(time.perf_counter() - began, 3), "rows": rows or 0})


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
