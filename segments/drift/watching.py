"""The watch itself: compare with what was normal, ring once, and fall silent when it is over.

Nothing rings below LEAST people, nor where chance explains it, with all tests of a night counted together.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Exists, F, FloatField, OuterRef
from django.db.models.functions import Cast, Mod
from django.utils import timezone

from crm import analysis_day
from crm.models import Business, User
from segments import days, scoring
from segments.measures import sold
from segments.models import CustomerFeatures, DriftAlarm, DriftReference, Membership, ScoringRun, Segment
from segments.numerics import drift

LEAST = 200
SAMPLE = 50_000
FEATURES = (
    "recency_days", "orders", "revenue", "average_order", "gap_days", "clv", "alive_chance", "nps_last",
    "csat_last",
)  # fmt: skip
GROWN = 1.5  # More customers than that at once came by an import: nothing to compare with.
RENEWED_AFTER = timedelta(days=90)
LOOKED_BACK, WEEK, LEAST_WEEKS = 60, 7, 21
LEAST_MOVED, LEAST_SHARE = 10, 0.1
RATIO_MOVED, LEAST_EXPECTED = 1.25, 50
MODELS = {
    "value": (ScoringRun.Kind.VALUE, "expected", "actual"),
    "lapse": (ScoringRun.Kind.LAPSE, "sum_predicted", "sum_actual"),
}
Kind, State = DriftAlarm.Kind, DriftAlarm.State


@dataclass(frozen=True, slots=True)
class Found:
    """Something watched, and whether it is out of its range."""

    kind: str
    name: str
    rings: bool
    details: dict[str, Any]


@transaction.atomic
def watch(business: Business, now: datetime) -> int:
    """Compare everything with its normal; returns how many alarms are open afterwards."""
    stands = analysis_day.standing(business, now)
    found = [*_features(stands), *_segments(business, now), *_models(stands.day)]
    for one in found:
        _note(one, now)
    silent = [(one.kind, one.name) for one in found]
    for alarm in DriftAlarm.objects.filter(state=State.OPEN):
        if (alarm.kind, alarm.name) not in silent:  # A segment that is gone, or nothing to tell any more.
            _end(alarm, State.OVER, now)
    return DriftAlarm.objects.filter(state=State.OPEN).count()


def take_as_normal(alarm: DriftAlarm, user: User, now: datetime) -> bool:
    """Somebody has seen it: what is now is the normal from here on. False when it was over already."""
    won = DriftAlarm.objects.filter(pk=alarm.pk, state=State.OPEN)
    if not won.update(state=State.SEEN, ended_at=now, seen_by=user):
        return False
    if alarm.kind == Kind.SEGMENT:
        _refer(f"segment:{alarm.name}", "", {"until": now.isoformat()}, timezone.localdate(now))
    else:
        DriftReference.objects.filter(
            name=f"{alarm.kind}:{alarm.name}"
        ).delete()  # The next night begins anew.
    return True


def _note(found: Found, now: datetime) -> None:
    alarm = DriftAlarm.objects.filter(kind=found.kind, name=found.name, state=State.OPEN).first()
    if found.rings and alarm is None:
        DriftAlarm.objects.create(kind=found.kind, name=found.name, details=found.details, noted_at=now)
    elif found.rings and alarm is not None:
        DriftAlarm.objects.filter(pk=alarm.pk).update(details=found.details)
    elif alarm is not None:
        _end(alarm, State.OVER, now)


def _end(alarm: DriftAlarm, state: str, now: datetime) -> None:
    DriftAlarm.objects.filter(pk=alarm.pk, state=State.OPEN).update(state=state, ended_at=now)


def _features(stands: analysis_day.Standing) -> list[Found]:
    """Distributions beside the reference, all tested together; without one, today becomes it."""
    names, table = _sample()
    basis = f"{stands.mode}:{stands.day if stands.mode == analysis_day.Mode.FIXED else ''}"
    known = {one.name: one for one in DriftReference.objects.filter(name__startswith="feature:")}
    compared: list[tuple[str, DriftReference, list[int], float, float | None]] = []
    people = CustomerFeatures.objects.filter(orders__gt=0).count()
    for name, values in zip(names, table.T, strict=True):
        reference = known.get(f"feature:{name}")
        if _is_stale(reference, basis, people, stands.day):
            inner = drift.edges(values)
            data = {"edges": inner, "counts": drift.counts(values, inner), "median": _median(values)}
            if len(values) >= LEAST:
                _refer(f"feature:{name}", basis, data | {"people": people}, stands.day)
            continue
        assert reference is not None
        found = drift.counts(values, reference.data["edges"])
        p = drift.chance(reference.data["counts"], found) if len(values) >= LEAST else 1.0
        compared.append((name, reference, found, p, _median(values)))
    hold = drift.holm([row[3] for row in compared])
    return [_judged(row, is_real) for row, is_real in zip(compared, hold, strict=True)]


def _judged(row: tuple[str, DriftReference, list[int], float, float | None], is_real: bool) -> Found:
    name, reference, now, _p, median = row
    before = reference.data["counts"]
    value = drift.psi(before, now) if sum(now) else 0.0
    _remember(reference, value)
    details = {
        "psi": round(value, 3),
        "edges": reference.data["edges"],
        "before": before,
        "now": now,
        "median_before": reference.data["median"],
        "median_now": median,
        "since": reference.as_of.isoformat(),
    }
    return Found(Kind.FEATURE, name, is_real and drift.band(value) == drift.CHANGED, details)


def _remember(reference: DriftReference, value: float) -> None:
    reference.data["psi"] = round(value, 4)
    reference.save(update_fields=["data"])


def _is_stale(reference: DriftReference | None, basis: str, people: int, day: date) -> bool:
    if reference is None or reference.basis != basis or day < reference.as_of:
        return True
    before = reference.data.get("people", 0)
    if people > GROWN * before or people * GROWN < before:
        return True
    is_quiet = not DriftAlarm.objects.filter(name=reference.name.partition(":")[2], state=State.OPEN).exists()
    return is_quiet and day - reference.as_of > RENEWED_AFTER


def _refer(name: str, basis: str, data: dict[str, Any], day: date) -> None:
    said = {"basis": basis, "data": data, "as_of": day}
    DriftReference.objects.update_or_create(name=name, defaults=said)


def _sample() -> tuple[tuple[str, ...], Any]:
    """Figures of buyers (n × features), NaN where unknown: everybody, or each k-th of a large shop."""
    buyers = CustomerFeatures.objects.filter(orders__gt=0)
    every = max(1, -(-buyers.count() // SAMPLE))
    columns = [Cast(name, FloatField()) for name in FEATURES]
    rows = buyers.annotate(part=Mod(F("customer_id"), every)).filter(part=0).values_list(*columns)
    values = [[np.nan if one is None else one for one in row] for row in rows.iterator(chunk_size=5000)]
    return FEATURES, np.array(values, float).reshape(-1, len(FEATURES))


def _median(values: Any) -> float | None:
    known = values[~np.isnan(values)]
    return round(float(np.median(known)), 2) if len(known) else None


def _segments(business: Business, now: datetime) -> Iterator[Found]:
    """The change of members in seven days beside those of the weeks before."""
    today = business.today(now)
    settled = {
        one.name: one.data["until"] for one in DriftReference.objects.filter(name__startswith="segment:")
    }
    before = days.end_of(today - timedelta(days=LOOKED_BACK + 1), business.zone)
    older = Membership.objects.filter(segment=OuterRef("pk"), entered_at__lt=before)
    rules = Segment.objects.filter(kind=Segment.Kind.RULE, member_count__gte=1)
    watched = list(rules.annotate(had_members=Exists(older)))
    most = drift.limit(len(watched))
    known_for = today - timedelta(days=LEAST_WEEKS + 2 * WEEK - 1)
    watched = [one for one in watched if business.today(one.created_at) <= known_for]
    steps = _steps(business, now, [one.pk for one in watched])
    for segment in watched:
        mine = steps.get(segment.pk, {})
        first = business.today(segment.created_at)
        if not segment.had_members:  # The day on which it was first filled is no change.
            first = max(first, min(mine, default=today))
        begun = max(LOOKED_BACK - (today - first).days, 0)
        since = settled.get(f"segment:{segment.slug}")
        moves = [mine.get(today - timedelta(days=back), 0) for back in range(LOOKED_BACK - 1 - begun, -1, -1)]
        weeks = [sum(moves[end - WEEK : end]) for end in range(WEEK, len(moves) + 1)]
        if len(weeks) < LEAST_WEEKS + WEEK:
            continue
        change, size = weeks[-1], segment.member_count
        history = weeks[:-WEEK]
        z = drift.robust_z(change, history, max(size, 1) ** 0.5)
        is_large = abs(change) >= max(LEAST_MOVED, LEAST_SHARE * (size - change))
        is_seen = since is not None and (now - datetime.fromisoformat(since)).days < WEEK + 1
        details = {"size": size, "change": change, "usual": float(np.median(history)), "z": round(z, 1)}
        yield Found(Kind.SEGMENT, segment.slug, abs(z) > most and is_large and not is_seen, details)


def _steps(business: Business, now: datetime, segments: Sequence[int]) -> dict[int, dict[date, int]]:
    """{segment: {day: who came less who went}} of the last weeks; two statements for all.

    They read every membership of these segments, so none is asked for that is too young to be judged.
    """
    end = days.end_of(business.today(now), business.zone)
    since = sold.moment_before(business.today(now) - timedelta(days=LOOKED_BACK), business)
    found: dict[int, dict[date, int]] = {}
    for column, step in (("entered_at", 1), ("left_at", -1)) if segments else ():
        sql = f"""
SELECT segment_id, {days.day_of(column, business.zone, end)}, COUNT(*) FROM {sold.table(Membership)}
WHERE segment_id IN ({", ".join(map(str, segments))}) AND {column} >= %(since)s GROUP BY 1, 2"""
        for pk, day, n in sold.rows(sql, {"since": since}):
            mine = found.setdefault(pk, {})
            at = date.fromisoformat(str(day))
            mine[at] = mine.get(at, 0) + step * int(n)
    return found


def _models(day: date) -> Iterator[Found]:
    """What each model expected in a time kept from it, beside what came: how far the ratio has moved."""
    for name, (kind, hoped, came) in MODELS.items():
        run = scoring.live_run(kind)
        check = (run.result.get("check") or {}) if run else {}
        expected, actual = check.get(hoped) or 0, check.get(came) or 0
        if min(expected, actual) < LEAST_EXPECTED:
            continue
        ratio = expected / actual
        reference = DriftReference.objects.filter(name=f"model:{name}").first()
        if reference is None:
            _refer(f"model:{name}", "", {"ratio": ratio}, day)
            continue
        moved = abs(float(np.log(ratio / reference.data["ratio"])))
        spread = (1 / expected + 1 / actual) ** 0.5
        rings = moved > max(float(np.log(RATIO_MOVED)), drift.limit(1) * spread)
        details = {"ratio": round(ratio, 3), "before": round(reference.data["ratio"], 3)}
        yield Found(Kind.MODEL, name, rings, details)
