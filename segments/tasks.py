"""Doors for the worker: every task takes a row's key, and every row survives a lost or doubled task."""

from __future__ import annotations

from datetime import datetime, time

from celery import shared_task
from django.utils import timezone
from django.utils.module_loading import import_string

from crm.errors import Refusal
from crm.models import Business, Customer
from segments import lease, refresh, runs, warming
from segments.following import follower
from segments.measures import kept
from segments.models import ScoringRun

NIGHT = time(3)
# Which function does which kind of calculation; loaded only where one is done.
WORK: dict[str, str] = {
    ScoringRun.Kind.REFRESH: "segments.refresh.run",
    ScoringRun.Kind.CLUSTER: "segments.clusters.laboratory.run",
    ScoringRun.Kind.PREDICT: "segments.predictions.foretelling.run",
    ScoringRun.Kind.RECOMMEND: "segments.recommending.affinities.work",
}


@shared_task
def run_scoring(run_id: int) -> None:
    """Work on a waiting run; one that is taken, or must wait for another of its kind, is left alone."""
    run = lease.claim(run_id)
    if run is None:
        return
    try:
        import_string(WORK[run.kind])(run)
    except (Refusal, lease.Superseded):
        return  # The reason stands in the run, or another worker has it.
    if run.kind == ScoringRun.Kind.REFRESH:
        kept.count_all()
        warming.count_all()


@shared_task
def nightly_refresh() -> None:
    """Once a day, from three o'clock in the shop's time zone, or as soon after as the machine is on."""
    refresh_if_due(timezone.now())


@shared_task
def follow_changes() -> None:
    """Let segments follow what happened; who comes while somebody follows waits, and finds nothing left."""
    follower.follow()


@shared_task
def resume_stalled_runs() -> None:
    """Find what a killed worker or a lost task left behind."""
    for pk in lease.release_stalled(timezone.now()):
        runs.send(pk)


def refresh_if_due(now: datetime) -> bool:
    """Ask for the night's refresh, unless it is early, done, under way, or nobody is there."""
    business = Business.current()
    night = datetime.combine(business.today(now), NIGHT, tzinfo=business.zone)
    this_night = ScoringRun.objects.filter(kind=ScoringRun.Kind.REFRESH, created_at__gte=night)
    if now < night or this_night.exists() or not Customer.objects.exists():
        return False
    from segments.recommending import affinities  # Loads the numerics, which other tasks can do without.

    refresh.request()
    affinities.request()
    return True
