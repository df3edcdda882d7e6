"""How the forecast of customer value did in the past, judged once a week: it costs as much as the rest."""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

import numpy as np

from crm.errors import Refusal
from crm.models import Business
from segments import purchase_days
from segments.models import ScoringRun
from segments.numerics.value import judging
from segments.scoring import live_run
from segments.value import estimating
from segments.value.notes import note

CHECKED_PART = 1 / 3  # Of the time behind, at most, is kept from the model to check it.
SHORTEST_CHECK = 84
CHECKED_CUSTOMERS = 50_000
KEPT_DAYS = 7  # A check holds for a week,
ALIKE = 0.1  # unless more than this share of customers came or went.
POINTS = 160


def check(made: estimating.Estimate, business: Business, day: date, terms: dict[str, Any]) -> dict[str, Any]:
    """{"check", "check_notes", "checked_on", "checked_of"}: the last one while it holds, else a new one."""
    customers = made.histories.customers
    known = _known(customers, made.people.until, day, terms)
    if known is not None:
        return known
    return {**_checked(made, business), "checked_on": day.isoformat(), "checked_of": customers}


def _known(customers: int, until: date, day: date, terms: dict[str, Any]) -> dict[str, Any] | None:
    """The check of the live valuation, where it was made lately, on the same terms and of the same shop."""
    run = live_run(ScoringRun.Kind.VALUE)
    if run is None or run.parameters != terms or not run.result.get("check"):
        return None
    result = run.result
    if "checked_on" not in result:
        return None
    ago = (day - date.fromisoformat(result["checked_on"])).days
    is_past = date.fromisoformat(result["check"]["to"]) <= until
    is_alike = abs(customers - result["checked_of"]) <= ALIKE * result["checked_of"]
    if not (0 <= ago < KEPT_DAYS and is_past and is_alike):
        return None
    return {name: result[name] for name in ("check", "check_notes", "checked_on", "checked_of")}


def _checked(made: estimating.Estimate, business: Business) -> dict[str, Any]:
    """The same model on earlier purchases only, beside what those customers did afterwards."""
    until, age = made.people.until, int(made.people.age.max())
    least = note("unchecked", least=SHORTEST_CHECK)
    length = min(made.wish.days, int(age * CHECKED_PART))
    if age < SHORTEST_CHECK:
        return {"check": None, "check_notes": [least]}
    every = -(-made.histories.customers // CHECKED_CUSTOMERS)
    part = (every, 0)
    wish = estimating.Wish.of(business, until=until - timedelta(days=length))
    try:
        past = estimating.estimate(wish, business, until, part)
    except Refusal:
        return {"check": None, "check_notes": [least]}
    if past.holdout is None or (past.fit is None and made.fit is not None):
        return {"check": None, "check_notes": [least]}
    notes = [note("sampled", n=every)] if every > 1 else []
    return {"check": _check_json(past, past.holdout, business, part), "check_notes": notes}


def _check_json(
    past: estimating.Estimate, held: estimating.Holdout, business: Business, part: tuple[int, int]
) -> dict[str, Any]:
    verdict = held.verdict
    groups = {"by_frequency": verdict.by_frequency, "by_expected": verdict.by_expected}
    return {
        **(estimating.holdout_json(held) or {}),
        "customers": past.histories.customers,
        **{
            name: [[one.label, one.customers, one.actual, one.expected] for one in found]
            for name, found in groups.items()
        },
        "tracking": _tracking(past, held.last, business, part),
    }


def _tracking(
    past: estimating.Estimate, last: date, business: Business, part: tuple[int, int]
) -> list[list[Any]]:
    """[day, actual, expected]: repeat purchases in sum, by weeks or several of them."""
    people = past.people
    first = people.until - timedelta(days=int(people.age.max()))
    days = (last - first).days + 1
    births = np.bincount(people.age.max() - people.age, minlength=days).astype(np.int64)
    expected = judging.tracking(past.params, births, 1 / estimating.UNITS[past.wish.unit])
    actual = np.cumsum(purchase_days.repeats_per_day(first, last, people.until, business, part))
    step = 7 * -(-days // (7 * POINTS))
    shown = [*range(step - 1, days - 1, step), days - 1]
    return [
        [(first + timedelta(days=at)).isoformat(), int(actual[at]), round(float(expected[at]), 1)]
        for at in shown
    ]
