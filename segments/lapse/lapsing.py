"""The chance of everyone not to come back in time, on the CustomerFeatures in sight, and its past."""

from __future__ import annotations

import logging
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import date
from typing import Any

import numpy as np
from django.db import connection, transaction
from django.utils import timezone

from crm.errors import Refusal
from crm.models import Business
from segments import arrays, days, purchase_days, store
from segments.at_hand import within
from segments.lapse import judging
from segments.lapse.notes import Unlearnable, note
from segments.lifecycle import stages
from segments.models import CustomerFeatures, ScoringRun
from segments.noted import Note
from segments.numerics.lapse.fitting import Fitted
from segments.numerics.lapse.history import Floats, Ints
from segments.numerics.prediction import measures

KEPT_RUNS = 30
BANDS = (1 / 3, 2 / 3)
APART = 0.1  # Of the customers; beyond, expected and actual are not the same period any more.
OLD_AFTER_DAYS = 30
log = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Lapsing:
    """How many got a chance, and what is kept of it: `result` for pages, `model` to explain one customer."""

    scored: int
    result: dict[str, Any]
    model: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Learned:
    """What the past taught, or why it taught nothing (`why`): no features are read for it."""

    until: date
    days: int
    lost_days: int
    sampled: int = 0
    fitted: Fitted | None = None
    verdict: judging.Verdict | None = None
    unjudged: bool = False
    why: Note | None = None


def score_everyone(day: date, business: Business, *, check: bool = True) -> Lapsing:
    """Learn from what was over by `day` and give all buyers their chance; where that cannot be, say why."""
    return save(learn(day, business, stages.thresholds().lost_days, check=check), day)


def learn(day: date, business: Business, lost_days: int, *, check: bool = True) -> Learned:
    """From the purchases alone; `lost_days` is the owner's own definition of a lost customer."""
    nothing = Learned(day, 0, lost_days)
    try:
        return _learned(day, business, lost_days, check=check)
    except Unlearnable as refusal:
        return replace(nothing, why=refusal.note)
    except Refusal:
        return replace(nothing, why=note("nothing"))
    except (ArithmeticError, ValueError, np.linalg.LinAlgError):
        log.exception("Chances of lapsing could not be estimated")
        return replace(nothing, why=note("broken"))


def _learned(day: date, business: Business, lost_days: int, *, check: bool) -> Learned:
    found = purchase_days.span(business, day)
    if found is None:
        raise Unlearnable("nothing")
    first, until = found
    horizon = judging.horizon(first, until, lost_days)
    orders = judging.sample(until, business)
    fitted = judging.learn(orders, first, until, horizon)
    learned = Learned(until, horizon, lost_days, len(orders.ids), fitted)
    if not check:
        return learned
    try:
        return replace(learned, verdict=judging.judged(orders, first, until, horizon))
    except Unlearnable:
        return replace(learned, unjudged=True)


def save(learned: Learned, day: date) -> Lapsing:
    """Give everybody in the CustomerFeatures in sight their chance."""
    fitted = learned.fitted
    if fitted is None:
        store.save_lapse(np.empty(0, np.int64), np.empty(0))
        return Lapsing(0, {"scored": 0, "notes": [learned.why], "check": None}, {})
    ids, known = known_now(learned.until)
    chance = fitted.chance(known)
    scored, verdict = store.save_lapse(ids, chance), learned.verdict
    result = {
        "scored": scored,
        "days": learned.days,
        "until": learned.until.isoformat(),
        "lost_days": learned.lost_days,
        "bands": np.bincount(np.digitize(chance, BANDS), minlength=len(BANDS) + 1).tolist(),
        "expected": float(chance.sum()),
        "usual_gap": fitted.usual_gap,
        "tried": fitted.tried,
        "learner": fitted.model.name,
        "notes": _notes(learned, day, len(ids)) + (_of_check(verdict) if verdict else []),
        "check": _check_json(verdict) if verdict else None,
    }
    return Lapsing(scored, result, fitted.as_json())


def score_few(run: ScoringRun, day: date, business: Business) -> int:
    """Give those `at_hand` the chance that the model of `run` gives them."""
    if (fitted := model_of(run)) is None:
        return 0
    last = purchase_days.last_of_few(day, business) or date.min
    ids, known = known_now(max(date.fromisoformat(run.result["until"]), last), few=True)
    return store.save_lapse(ids, fitted.chance(known) if len(ids) else np.empty(0), few=True)


def known_now(until: date, *, few: bool = False) -> tuple[Ints, Floats]:
    """(ids, what is known of each buyer at the end of `until` (n × RAW)), by the features in sight.

    `few`: only of those `at_hand`.
    """
    day = "CAST(%(until)s AS date)" if connection.vendor == "postgresql" else "%(until)s"
    silent, age = (days.days_between(day, column) for column in ("last_bought_on", "first_bought_on"))
    sql = f"""
SELECT customer_id, {silent}, orders, {age}, gap_days, CAST(average_order AS double precision)
FROM {connection.ops.quote_name(CustomerFeatures._meta.db_table)}
WHERE orders > 0 AND last_bought_on IS NOT NULL{within("customer_id", few)}"""
    values = {"until": connection.ops.adapt_datefield_value(until)}
    ids, *known = arrays.read(sql, values, "i" + "f" * 5)
    return ids, np.column_stack(known)


def _notes(learned: Learned, day: date, buyers: int) -> list[Note]:
    notes = []
    if learned.days < learned.lost_days:
        notes.append(note("shortened", wanted=learned.lost_days, days=learned.days))
    if learned.sampled and buyers > 1.5 * learned.sampled:
        notes.append(note("sampled", n=round(buyers / learned.sampled)))
    if (day - learned.until).days > OLD_AFTER_DAYS:
        notes.append(note("old", day=learned.until.isoformat()))
    return notes + ([note("unjudged")] if learned.unjudged else [])


def _of_check(found: judging.Verdict) -> list[Note]:
    notes = []
    expected, actual = float(found.chance.sum()), int(found.lapsed.sum())
    if abs(expected - actual) > APART * len(found.lapsed):
        notes.append(note("differs", expected=round(expected), actual=actual))
    if measures.brier(found.chance, found.lapsed) >= measures.brier(found.rule, found.lapsed):
        notes.append(note("no_better"))
    return notes


def _check_json(found: judging.Verdict) -> dict[str, Any]:
    return judging.as_json(found) | {"tenths": measures.tenths(found.chance, found.lapsed)}


def keep(made: Sequence[Lapsing], *, as_of: date) -> None:
    """Remember what a refresh made, if it made anything."""
    for one in made:
        remember(one, as_of=as_of)


@transaction.atomic
def remember(lapsing: Lapsing, *, as_of: date) -> None:
    """Keep what is now in force, and forget very old runs."""
    runs = ScoringRun.objects.filter(kind=ScoringRun.Kind.LAPSE)
    runs.filter(is_live=True).update(is_live=False, model={})
    now = timezone.now()
    run = ScoringRun.objects.create(
        kind=ScoringRun.Kind.LAPSE,
        state=ScoringRun.State.DONE,
        result=lapsing.result,
        model=lapsing.model,
        as_of=as_of,
        is_live=True,
        started_at=now,
        finished_at=now,
    )
    old = runs.filter(pk__lt=run.pk).values_list("pk", flat=True)[KEPT_RUNS : KEPT_RUNS + 1]
    runs.filter(pk__lte=max(old, default=0)).delete()


def model_of(run: ScoringRun) -> Fitted | None:
    """The model that gave everybody their chance."""
    return Fitted.from_json(run.model) if run.model else None
