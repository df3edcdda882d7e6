"""Segments follow what happens: whoever was touched is described, scored and sorted anew, and nobody else.

The same statements as in a refresh of everyone, kept to the customers `at_hand`, by the cut points, stages,
value model, clusters and limits of tags in force: these move at night. Changes are taken and answered in one
transaction, so that a killed worker loses none and leaves nothing half.
"""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Iterator
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.utils import timezone

from crm import analysis_day, bulk
from crm.models import Business, Customer
from segments import audience, features, refresh, scoring, shadow
from segments.at_hand import PEOPLE, at_hand
from segments.following import noticing, pending
from segments.lapse import lapsing
from segments.lifecycle import stages
from segments.model_tags import giving
from segments.models import CustomerFeatures, ScoringRun, Touched
from segments.rfm import moves
from segments.rfm import names as rfm_names
from segments.rules.asks import DESCRIBED_BY
from segments.value import valuing

LONGEST = timedelta(seconds=20)
PAUSE = timedelta(hours=1)
Kind, State = ScoringRun.Kind, ScoringRun.State


def follow(*, clock: Callable[[], datetime] = timezone.now) -> int:
    """Work in what happened, portion by portion; returns how many customers were touched.

    What cannot be followed alone is left for a refresh of everyone, which is asked for.
    """
    began, touched = clock(), 0
    while Touched.objects.exists() and not pending.is_refreshing() and clock() - began < LONGEST:
        if _needs_all(clock()):
            _ask_for_all(clock())
            break
        try:
            touched += _portion(clock())
        except pending.TooMany:
            _ask_for_all(clock())
            break
    return touched


def _ask_for_all(now: datetime) -> None:
    """Not again at once where the last one failed: the owner is told, and the night tries anew."""
    last = ScoringRun.objects.filter(kind=Kind.REFRESH).first()
    if last is None or last.state != State.FAILED or now - last.created_at > PAUSE:
        refresh.request()


def soon() -> None:
    """Ask for it now instead of in half a minute; very much is worked in by a refresh of everyone."""
    from segments.tasks import follow_changes

    if _needs_all(timezone.now()):
        refresh.request()
    else:
        transaction.on_commit(follow_changes.delay, robust=True)


def _needs_all(now: datetime) -> bool:
    """Nothing to build on yet, another day to stand on, or too much at once."""
    done = ScoringRun.objects.filter(kind=Kind.REFRESH, state=State.DONE)
    if pending.needs_everybody() or not done.exists() or not noticing.is_complete():
        return True
    stands = analysis_day.standing(Business.current(), now)
    day = CustomerFeatures.objects.values_list("as_of", flat=True).first()
    return stands.mode != analysis_day.Mode.TODAY and day != stands.day


@transaction.atomic
def _portion(now: datetime) -> int:
    mark = pending.lock()
    if pending.is_refreshing():
        return 0
    changes, people = pending.take()
    if people:
        found = Customer.objects.filter(pk__in=bulk.numbers(people)).order_by().values("pk")
        with at_hand(*found.query.sql_with_params()):
            if changes & DESCRIBED_BY and _describe(now):
                changes |= {"tag"}
            audience.rebuild_few(now, changes)
    if "gone" in changes:
        audience.count_all()
    if not Touched.objects.exists():
        mark.caught_up_at = now
        mark.save()
    return len(people)


def _describe(now: datetime) -> bool:
    """Features, stage, scores, value, chance to lapse, cluster and tags of those at hand.

    Whether anybody has other tags now.
    """
    business = Business.current()
    stands = analysis_day.standing(business, now)
    day = stands.day
    with _groups_kept() as before:
        features.rebuild(day, business=business, heard_on=stands.today, few=True)
        stages.assign(day, business=business, now=_thresholds(), few=True)
        names, cuts = rfm_names.in_use(), scoring.live_cuts()
        scored = scoring.score_few(cuts or scoring.NOBODY, names)
        if cuts is not None:
            moves.note(before, shadow.live_table(), names, cuts, now, stands.today)
        elif scored:
            raise pending.TooMany  # The first buyers: nobody to compare them with.
        stages.note_moves(before, shadow.live_table(), stands.today, now)
    if (run := scoring.live_run(Kind.VALUE)) is not None:
        valuing.value_few(run, day, business)
    if (run := scoring.live_run(Kind.LAPSE)) is not None:
        lapsing.score_few(run, day, business)
    scoring.assign_clusters(scoring.live_run(Kind.CLUSTER), few=True)
    return bool(giving.give_few(day, business))


@contextlib.contextmanager
def _groups_kept() -> Iterator[str]:
    """A table of the stages and RFM groups as they are now."""
    table = connection.ops.quote_name(CustomerFeatures._meta.db_table)
    with connection.cursor() as cursor:
        cursor.execute(
            "CREATE TEMPORARY TABLE groups_before AS SELECT customer_id, stage, rfm_group"
            f" FROM {table} WHERE customer_id IN ({PEOPLE})"
        )
        yield "groups_before"
        cursor.execute("DROP TABLE groups_before")


def _thresholds() -> stages.Thresholds:
    """Those of the last refresh of everyone: finding them anew means to look at everybody."""
    done = ScoringRun.objects.filter(kind=Kind.REFRESH, state=State.DONE)
    kept = done.filter(result__has_key="lifecycle").values_list("result__lifecycle", flat=True).first()
    return stages.Thresholds(**kept) if kept else stages.thresholds()
