"""Customer value: fit the models to all purchases, say what may be believed, and value every buyer."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.models import Business
from segments import purchase_days
from segments.noted import Note
from segments.numerics.value import fitting, judging, spend, worth
from segments.numerics.value.histories import Floats, Histories
from segments.numerics.value.likelihood import Model, Params
from segments.purchase_days import Summaries
from segments.value.notes import note

ENOUGH_REPEATERS = 100  # Below, the parameters are rough.
RARE = 0.1  # Share of customers who came back, below which forecasts do worse.
CORRELATED = 0.3
OLD_AFTER_DAYS = 30
UNITS = {"days": 1, "weeks": 7}
MODELS: tuple[Model, ...] = ("bgnbd", "mbgnbd")


@dataclass(frozen=True, slots=True)
class Wish:
    """`unit` is that of the parameters and of `horizon`; `margin` 0–1; `discount` a year, 0.1 is 10 %.

    `until` None: the day of the last sale, so that a shop that rests is not full of lost customers.
    """

    model: Model = "bgnbd"
    until: date | None = None
    unit: str = "weeks"
    horizon: float = 52
    margin: float = 0.5
    discount: float = 0.1

    @classmethod
    def of(cls, business: Business, **more: Any) -> Wish:
        """What the business profile says, unless said otherwise."""
        weeks = round(business.value_months * worth.WEEKS_A_YEAR / 12)
        own = {
            "horizon": weeks * 7 / UNITS[more.get("unit", "weeks")],
            "margin": float(business.margin_percent) / 100,
            "discount": float(business.discount_rate) / 100,
        }
        return cls(**own | more)

    @property
    def days(self) -> int:
        """The horizon in days."""
        return round(self.horizon * UNITS[self.unit])

    @property
    def terms(self) -> worth.Terms:
        return worth.Terms(self.horizon, self.margin, self.discount, week=7 / UNITS[self.unit])


@dataclass(frozen=True, slots=True)
class Holdout:
    """The days after calibration, from `first` to `last`, as forecast and as they were."""

    first: date
    last: date
    verdict: judging.Verdict


@dataclass(frozen=True, slots=True)
class Estimate:
    """`fit` is None where no model could be fitted; `params` then say the same rate for all."""

    wish: Wish
    people: Summaries
    histories: Histories
    fit: fitting.Fit | None
    params: Params
    spend: spend.Spend
    notes: tuple[Note, ...]
    holdout: Holdout | None = None

    @property
    def identified(self) -> bool:
        return self.fit is not None and self.fit.identified

    @property
    def knows_leaving(self) -> bool:
        """Whether the model lets customers leave at all."""
        return self.params.a is not None

    def worth(self) -> worth.Worth:
        return worth.of(self.params, self.spend, self.histories, self.people.value, self.wish.terms)


def estimate(wish: Wish, business: Business, today: date, part: tuple[int, int] = (1, 0)) -> Estimate:
    """Fit on everybody who bought until the end of calibration, and judge by the time after it."""
    first, last = _span(business, today)
    until = wish.until or last
    if until > today:
        raise Refusal(_("%(day)s lies in the future.") % {"day": until.isoformat()})
    if until < first:
        raise Refusal(
            _("Nobody had bought by %(day)s; the first sale was on %(first)s.")
            % {"day": until.isoformat(), "first": first.isoformat()}
        )
    people = purchase_days.summaries(until, business, part)
    histories = histories_of(people, wish)
    fitted, params, notes = _fitted(histories, wish)
    spent = spend.fit(people.repeats, people.value)
    notes += _of_spend(spent) + _of_data(wish, business, today, (first, until))
    made = Estimate(wish, people, histories, fitted, params, spent, tuple(notes))
    return replace(made, holdout=_held_out(made, last, business, part) if until < last else None)


def histories_of(people: Summaries, wish: Wish) -> Histories:
    """What the models see of these people, in the unit of the wish."""
    unit = UNITS[wish.unit]
    return Histories.of(people.repeats, people.last / unit, people.age / unit)


def _span(business: Business, today: date) -> tuple[date, date]:
    found = purchase_days.span(business, today)
    if found is not None:
        return found
    if purchase_days.later_than(today, business):
        raise Refusal(_("All purchases are dated after today, so there is nothing to learn from yet."))
    raise Refusal(_("No customer has a purchase that counts yet. Import purchases first."))


def _fitted(histories: Histories, wish: Wish) -> tuple[fitting.Fit | None, Params, list[Note]]:
    """The fit, or the same average rate for all where none is possible, and what to say of it."""
    least = fitting.FEWEST_REPEATERS
    try:
        found = fitting.fit(histories, wish.model)
    except fitting.TooFewRepeaters:
        return None, average(histories), [note("few", n=histories.repeaters, least=least)]
    except fitting.AllAlike:
        return None, average(histories), [note("alike")]
    notes = [] if found.identified else _of_limits(found, wish)
    if histories.repeaters < ENOUGH_REPEATERS:
        notes.append(note("unsure", n=histories.repeaters, least=ENOUGH_REPEATERS))
    share = histories.repeaters / histories.customers
    if share < RARE:
        notes.append(note("rare", share=100 * share))
    if not found.converged:
        notes.append(note("not_converged"))
    return found, found.params, notes


def _of_limits(found: fitting.Fit, wish: Wish) -> list[Note]:
    """In what customers cannot be told apart."""
    p = found.params
    if p.a is None or p.b is None:
        return [note("no_dropout")]
    rate = [note("one_rate", gap=p.alpha / p.r * UNITS[wish.unit])] if found.one_rate else []
    return rate + ([note("one_chance", chance=100 * p.a / (p.a + p.b))] if found.one_chance else [])


def average(histories: Histories) -> Params:
    """Everybody buys at the mean rate: NBD without differences, so that one's own past says nothing more."""
    age = float((histories.age * histories.counts).sum())
    rate = float((histories.x * histories.counts).sum()) / age if age > 0 else 0.0
    alpha = 1e9 * max(age, 1.0)
    return Params(rate * alpha, alpha)


def _of_spend(found: spend.Spend) -> list[Note]:
    if found.trouble == "few":
        return [note("spend_few", n=found.customers)]
    if found.trouble:
        return [note(f"spend_{found.trouble}")]
    if found.correlation is not None and abs(found.correlation) > CORRELATED:
        return [note("correlated", r=found.correlation)]
    return []


def _of_data(wish: Wish, business: Business, today: date, seen: tuple[date, date]) -> list[Note]:
    notes = []
    future = purchase_days.later_than(today, business)
    if future:
        notes.append(note("future", n=future))
    back = (seen[1] - seen[0]).days + 1
    if wish.days > back:
        notes.append(note("short", ahead=wish.days, back=back))
    if wish.until is None and (today - seen[1]).days > OLD_AFTER_DAYS:
        notes.append(note("old", day=seen[1].isoformat()))
    return notes


def _held_out(made: Estimate, last: date, business: Business, part: tuple[int, int]) -> Holdout:
    until = made.people.until
    end = min(last, until + timedelta(days=made.wish.days))
    ids, counts = purchase_days.bought_days(until, end, business, part)
    known = np.isin(ids, made.people.ids)
    actual = np.zeros(len(made.people.ids), np.int64)
    actual[np.searchsorted(made.people.ids, ids[known])] = counts[known]
    length = (end - until).days / UNITS[made.wish.unit]
    verdict = judging.judge(made.params, made.histories, actual, length)
    return Holdout(until + timedelta(days=1), end, verdict)


def as_json(made: Estimate, found: worth.Worth) -> dict[str, Any]:
    """The answer as scripts rely on it; parameters that the data do not give are null."""
    fit, spent = made.fit, made.spend
    p = made.params if fit else None
    wish = made.wish
    return {
        "identified": made.identified,
        "model": wish.model if made.knows_leaving else ("nbd" if fit else "average"),
        "customers": made.histories.customers,
        "repeaters": made.histories.repeaters,
        "params": {name: getattr(p, name) if p else None for name in ("r", "alpha", "a", "b")},
        "log_likelihood": fit.log_likelihood if fit else None,
        "spend": {
            "p": spent.p,
            "q": spent.q,
            "gamma": spent.gamma,
            "log_likelihood": spent.log_likelihood,
            "customers": spent.customers,
            "correlation": spent.correlation,
        },
        "holdout": holdout_json(made.holdout),
        "clv_total": str(money(found.clv)),
        "calibrated_until": made.people.until.isoformat(),
        "unit": wish.unit,
        "horizon": wish.horizon,
        "margin": wish.margin,
        "discount": wish.discount,
        "notes": list(made.notes),
    }


def holdout_json(held: Holdout | None) -> dict[str, Any] | None:
    if held is None:
        return None
    verdict = held.verdict
    return {
        "from": held.first.isoformat(),
        "to": held.last.isoformat(),
        "actual": verdict.actual,
        "expected": verdict.expected,
        "correlation": verdict.correlation,
        "mae": verdict.mae,
        "naive_mae": verdict.naive_mae,
    }


def money(amounts: Floats) -> Decimal:
    """The sum, to the cent."""
    return Decimal(repr(float(amounts.sum()))).quantize(Decimal("0.01"))
