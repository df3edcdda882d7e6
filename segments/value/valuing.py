"""Customer value of everyone, on the CustomerFeatures in sight."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field, replace
from datetime import date, timedelta
from decimal import Decimal
from math import isnan
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.db.models import Count, Sum
from django.utils import timezone

from crm.errors import Refusal
from crm.models import Business
from segments import purchase_days, store
from segments.models import CustomerFeatures, Membership, ScoringRun, Segment
from segments.noted import Note
from segments.numerics import gaps
from segments.numerics.gaps import Gaps
from segments.numerics.value import worth
from segments.numerics.value.histories import Floats
from segments.numerics.value.likelihood import Params
from segments.numerics.value.spend import Spend
from segments.scoring import live_run
from segments.value import check as value_check
from segments.value import estimating, next_purchase
from segments.value.notes import note

LIKELY = 0.5  # Above, somebody is expected back.
MOST = 10.0**12 - 1  # What the column holds.
CHUNK = 20_000
KEPT_VALUATIONS = 30
ADDED_UP = 20_000  # Members; more are not added up while somebody waits for a page.

log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Valuation:
    """How many were valued, with what terms, what came out, and what newcomers are valued by."""

    valued: int
    parameters: dict[str, Any]
    result: dict[str, Any]
    model: dict[str, Any] = field(default_factory=dict)


@dataclass(frozen=True, slots=True)
class Estimated:
    """What was found of everybody; `made` is None where nothing could be, and `valuation` says why."""

    valuation: Valuation
    made: estimating.Estimate | None = None
    found: worth.Worth | None = None
    learned: Gaps | None = None


def value_everyone(day: date, business: Business, *, check: bool = True) -> Valuation:
    """Value all buyers by what was known on `day`; where that cannot be, a note says why."""
    return save(estimate(day, business, check=check))


def estimate(day: date, business: Business, *, check: bool = True) -> Estimated:
    """By the purchases alone: nothing is written, and no features are read."""
    wish = estimating.Wish.of(business)
    terms = {"horizon": wish.horizon, "margin": wish.margin, "discount": wish.discount, "model": wish.model}
    try:
        made = estimating.estimate(wish, business, day)
        found = made.worth()
        learned = next_purchase.learn(made.people.until, business)
        result = _result(made, found, day, business)
        result["notes"] += [] if learned else [note("gaps_few", least=gaps.ENOUGH)]
        if check:
            found_out = value_check.check(made, business, day, terms)
            result |= found_out
            result["notes"] += found_out["check_notes"]
    except Refusal:
        is_later = bool(purchase_days.later_than(day, business))
        return _nothing(terms, note("later" if is_later else "nothing"))
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):
        log.exception("Customer value could not be estimated")
        return _nothing(terms, note("broken"))
    model = {
        "params": asdict(made.params),
        "spend": asdict(made.spend),
        "until": made.people.until.isoformat(),
        "gaps": learned.as_json() if learned else None,
    }
    return Estimated(Valuation(len(made.people.ids), terms, result, model), made, found, learned)


def save(estimated: Estimated) -> Valuation:
    """Write it to the CustomerFeatures in sight."""
    made, found = estimated.made, estimated.found
    rows = _rows(made, found, estimated.learned) if made and found else ()
    return replace(estimated.valuation, valued=store.save_values(rows))


def value_few(run: ScoringRun, day: date, business: Business) -> int:
    """Value those `at_hand` by the parameters that the valuation `run` found."""
    if not run.model:
        return 0
    until = max(date.fromisoformat(run.model["until"]), purchase_days.last_of_few(day, business) or date.min)
    people = purchase_days.summaries(until, business, few=True)
    if not len(people.ids):
        return store.save_values((), few=True)
    wish = estimating.Wish(**run.parameters)
    params, spent = Params(**run.model["params"]), Spend(**run.model["spend"])
    made = estimating.Estimate(wish, people, estimating.histories_of(people, wish), None, params, spent, ())
    told = run.model.get("gaps")
    learned = Gaps.from_json(told) if told else None
    return store.save_values(_rows(made, made.worth(), learned), few=True)


def _nothing(terms: dict[str, Any], why: Note) -> Estimated:
    return Estimated(Valuation(0, terms, {"model": None, "identified": False, "notes": [why], "check": None}))


def _rows(made: estimating.Estimate, found: worth.Worth, learned: Gaps | None) -> Iterator[tuple[Any, ...]]:
    """What is stored of each customer; pieces at a time, as there may be a million."""
    ids = made.people.ids
    again = made.people.repeats > 0
    alive = np.where(again & made.knows_leaving, found.alive, np.nan)
    clv = np.round(np.clip(found.clv, 0, MOST), 4)
    for start in range(0, len(ids), CHUNK):
        piece = slice(start, start + CHUNK)
        likely = np.nan_to_num(alive[piece]) > LIKELY
        first, last = next_purchase.ranges(made, learned, piece, likely)
        columns = (clv[piece], alive[piece], found.expected[piece])
        yield from zip(ids[piece].tolist(), *(_plain(one) for one in columns), first, last, strict=True)


def _plain(numbers: Floats) -> list[float | None]:
    return [None if isnan(one) else one for one in numbers.tolist()]


def _result(made: estimating.Estimate, found: worth.Worth, day: date, business: Business) -> dict[str, Any]:
    """The estimate, and how the value spreads over the customers."""
    known = estimating.as_json(made, found)
    notes = [one for one in known["notes"] if one["code"] != "future" or day >= business.today()]
    again = made.people.repeats > 0
    return known | {
        "notes": notes,
        "valued": len(found.clv),
        "first_sale": (made.people.until - timedelta(days=int(made.people.age.max()))).isoformat(),
        "expected_orders": float(found.expected.sum()),
        "likely": int((found.alive[again] > LIKELY).sum()) if made.knows_leaving else None,
        "tenths": _tenths(found.clv),
        "check": None,
    }


def _tenths(clv: Floats) -> list[dict[str, float]]:
    """Customers in ten equal parts by value, the best first: how many, their value, and the least of it."""
    parts = np.array_split(np.sort(clv)[::-1], 10)
    return [
        {"customers": len(one), "value": float(one.sum()), "least": float(one[-1])}
        for one in parts
        if len(one)
    ]


@transaction.atomic
def remember(valuation: Valuation, *, as_of: date) -> None:
    """Keep the valuation that is now in force, and forget very old ones."""
    runs = ScoringRun.objects.filter(kind=ScoringRun.Kind.VALUE)
    runs.filter(is_live=True).update(is_live=False)
    now = timezone.now()
    run = ScoringRun.objects.create(
        kind=ScoringRun.Kind.VALUE,
        state=ScoringRun.State.DONE,
        parameters=valuation.parameters,
        result=valuation.result,
        model=valuation.model,
        as_of=as_of,
        is_live=True,
        started_at=now,
        finished_at=now,
    )
    old = runs.filter(pk__lt=run.pk).values_list("pk", flat=True)[KEPT_VALUATIONS : KEPT_VALUATIONS + 1]
    runs.filter(pk__lte=max(old, default=0)).delete()


def sum_up_segments() -> None:
    """Keep what each segment is worth beside the valuation: pages of a large shop cannot add it up."""
    run = live_run(ScoringRun.Kind.VALUE)
    if run is None:
        return
    stays, worth = (one._meta.db_table for one in (Membership, CustomerFeatures))
    sql = f"""
SELECT m.segment_id, COUNT(*), SUM(f.clv) FROM "{stays}" m JOIN "{worth}" f ON f.customer_id = m.customer_id
WHERE m.left_at IS NULL AND f.clv IS NOT NULL GROUP BY m.segment_id"""
    with connection.cursor() as cursor:  # Not by way of the customers, whom the ORM would look up each.
        cursor.execute(sql)
        found = cursor.fetchall()
    run.result["segments"] = {str(pk): [count, float(total)] for pk, count, total in found}
    ScoringRun.objects.filter(pk=run.pk).update(result=run.result)


@dataclass(frozen=True, slots=True)
class Equity:
    """The value of some customers, and how many of them have one."""

    valued: int
    total: Decimal

    @property
    def mean(self) -> Decimal:
        return self.total / self.valued if self.valued else Decimal()


def of_segment(segment: Segment) -> Equity | None:
    """What a segment is worth: added up now, or for a large one as at the last refresh."""
    if segment.member_count > ADDED_UP:
        run = live_run(ScoringRun.Kind.VALUE)
        kept = run.result.get("segments", {}).get(str(segment.pk)) if run else None
        return Equity(kept[0], Decimal(str(kept[1]))) if kept else None
    inside = Membership.objects.filter(segment=segment, left_at=None).values("customer_id")
    found = CustomerFeatures.objects.filter(customer_id__in=inside).aggregate(Count("clv"), Sum("clv"))
    return Equity(found["clv__count"], found["clv__sum"]) if found["clv__count"] else None
