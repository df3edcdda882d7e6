"""Who will not come back in time: learned from the past, judged on a later period, beside a rule of thumb."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db.models import Max
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.models import Business, Customer
from segments import order_days, purchase_days
from segments.lapse.notes import Unlearnable
from segments.lifecycle import stages
from segments.numerics.lapse import fitting, history
from segments.numerics.lapse.fitting import Fitted
from segments.numerics.lapse.history import Flags, Floats, Orders, Window
from segments.numerics.prediction import measures

SAMPLED = 50_000  # Customers that are learned from.
SHORTEST, LONGEST = 7, 3650
PASTS = 6  # As many horizons should lie behind: those who are new in each window are then few.
LEARNERS = {"linear": "logistic regression", "boosting": "gradient boosting"}
RULE = "k times the usual gap"


@dataclass(frozen=True, slots=True)
class Verdict:
    """Chances of the customers at the end of the day `opens` beside what they did until `closes`."""

    fitted: Fitted
    opens: date
    closes: date
    learned_from: date
    learned_until: date
    chance: Floats
    rule: Floats
    lapsed: Flags


def horizon(first: date, until: date, wanted: int | None = None) -> int:
    """Days of the owner's own definition of a lost customer, fewer where the past is too short for it.

    A window to learn from and one to judge by must lie behind, and some time before them. `wanted`: the
    owner's days, where they are known already.
    """
    wanted = wanted or stages.thresholds().lost_days
    return max(SHORTEST, min(wanted, (until - first).days // PASTS))


def judge(business: Business, today: date, *, as_of: date | None = None, days: int | None = None) -> Verdict:
    """Judge by the days after `as_of` if they are over, else by the last ones that are."""
    first, last = _span(business, as_of or today, today)
    until = min(as_of or last, last)
    ahead = days or horizon(first, until)
    if as_of and as_of + timedelta(days=ahead) <= last:
        until = as_of + timedelta(days=ahead)
    return judged(sample(until, business), first, until, ahead)


def judged(orders: Orders, first: date, until: date, days: int) -> Verdict:
    """Fit on what was over when the last `days` days until `until` began, and judge by those days."""
    opens = until - timedelta(days=days)
    start, windows = _windows(orders, first, opens, days)
    fitted = _fitted(windows, start, days)
    asked = history.window(orders, start, days)
    values = asked.frame.values
    return Verdict(
        fitted,
        opens,
        until,
        order_days.day_of(windows[-1].opens),
        order_days.day_of(windows[0].closes),
        fitted.chance(values),
        fitted.by_rule(values),
        asked.lapsed,
    )


def learn(orders: Orders, first: date, until: date, days: int) -> Fitted:
    """The model of now: from every window that is over by `until`."""
    start, windows = _windows(orders, first, until, days)
    return _fitted(windows, start, days)


def sample(until: date, business: Business) -> Orders:
    """The orders of all customers, or of an even part of them where there are many."""
    top = Customer.objects.aggregate(top=Max("pk"))["top"] or 0
    every = max(1, -(-min(top, Customer.objects.count()) // SAMPLED))
    return order_days.read(until, business, (every, 0))


def _windows(orders: Orders, first: date, until: date, days: int) -> tuple[int, list[Window]]:
    start = order_days.number_of(until)
    opened = history.openings(order_days.number_of(first), start, days)
    if not opened:
        raise _too_short(days, first)
    return start, [history.window(orders, one, days) for one in opened]


def _fitted(windows: list[Window], until: int, days: int) -> Fitted:
    try:
        return fitting.fit(windows, until)
    except fitting.TooLittle as error:
        count, gone, came = error.args
        raise Unlearnable(
            "few",
            count=count,
            came=came,
            gone=gone,
            days=days,
            least=fitting.FEWEST,
            each=fitting.FEWEST_OF_EACH,
        ) from error


def _too_short(days: int, first: date) -> Refusal:
    return Unlearnable("short", first=first.isoformat(), days=days)


def _span(business: Business, day: date, today: date) -> tuple[date, date]:
    if day > today:
        raise Refusal(_("%(day)s lies in the future.") % {"day": day.isoformat()})
    found = purchase_days.span(business, today)
    if found is None:
        raise Unlearnable("nothing")
    if day < found[0]:
        raise Refusal(
            _("Nobody had bought by %(day)s; the first sale was on %(first)s.")
            % {"day": day.isoformat(), "first": found[0].isoformat()}
        )
    return found


def as_json(found: Verdict) -> dict[str, Any]:
    """The answer as scripts rely on it."""
    measured = measures.of_chances(found.chance, found.lapsed)
    rule = measures.of_chances(found.rule, found.lapsed)
    return {
        "model": LEARNERS[found.fitted.model.name],
        "baseline": RULE,
        "customers": len(found.lapsed),
        "base_rate": float(found.lapsed.mean()),
        **{name: measured[name] for name in ("auc", "average_precision", "brier")},
        "baseline_auc": rule["auc"],
        "baseline_average_precision": rule["average_precision"],
        "baseline_brier": rule["brier"],
        "ece": measured["ece"],
        "top_decile_lift": measured["top_decile_lift"],
        "sum_predicted": float(found.chance.sum()),
        "sum_actual": int(found.lapsed.sum()),
        "horizon_days": (found.closes - found.opens).days,
        "learned_from": found.learned_from.isoformat(),
        "learned_until": found.learned_until.isoformat(),
        "judged_from": (found.opens + timedelta(days=1)).isoformat(),
        "judged_until": found.closes.isoformat(),
    }
