"""Where each customer stands with the shop: lead, first purchase, active, loyal, regained, sleeping, lost.

The days follow the rhythm of the shop: somebody is active for twice the usual time between two purchases (the
median of its customers), and lost after three times as long as that. The owner may set other days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from typing import Any

from django.db import connection, transaction
from django.db.models import Count
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.ledger import STAGES
from crm.models import Business, Customer, Interaction, Purchase
from segments import days, since_refresh
from segments.at_hand import within
from segments.models import CustomerFeatures, LifecycleChoice
from segments.shadow import settle

ENOUGH = 20  # Repeat customers whose rhythm says something.
ACTIVE_DAYS, LOST_DAYS = 90, 365  # Where too few tell.
SHORTEST, LONGEST = 14, 365
LOYAL_ORDERS = 4
MEANINGS: dict[str, str | Promise] = {
    "lead": _("Known, but nothing bought that still counts."),
    "first": _("Bought once, within the active time."),
    "active": _("Bought more than once, the last time within the active time."),
    "loyal": _("Active, with as many orders as you ask for."),
    "regained": _("Was lost, and bought again within the active time."),
    "sleeping": _("The active time is over, but not lost yet."),
    "lost": _("No purchase for longer than the time for lost."),
}


@dataclass(frozen=True, slots=True)
class Thresholds:
    """`usual_days` is the median time between purchases; None where too few customers came back."""

    active_days: int
    lost_days: int
    loyal_orders: int
    usual_days: float | None = None
    repeaters: int = 0


def shown(choice: LifecycleChoice | None = None) -> Thresholds:
    """The same for a page, where nobody waits until everybody was looked at."""
    return thresholds(choice, since_refresh.figures("rhythm", _rhythm))


def thresholds(
    choice: LifecycleChoice | None = None, rhythm: tuple[float | None, int] | None = None
) -> Thresholds:
    """What holds by the features in sight and the choice of the shop."""
    choice = choice or chosen()
    usual, repeaters = rhythm or _rhythm()
    active = min(max(round(2 * usual), SHORTEST), LONGEST) if usual else ACTIVE_DAYS
    if choice.active_days:
        active = choice.active_days
    wanted = choice.lost_days or (round(choice.lost_gaps * usual) if choice.lost_gaps and usual else None)
    if wanted and not choice.active_days:
        active = min(active, max(wanted // 2, 1))
    lost = wanted or (3 * active if usual or choice.active_days else LOST_DAYS)
    return Thresholds(active, max(lost, active + 1), choice.loyal_orders or LOYAL_ORDERS, usual, repeaters)


def chosen() -> LifecycleChoice:
    return LifecycleChoice.objects.filter(pk=1).first() or LifecycleChoice(pk=1)


@transaction.atomic
def choose(choice: LifecycleChoice) -> None:
    """Keep what the shop says. Nobody moved by that, so the next refresh logs no moves."""
    choice.pk = 1
    choice.save()
    CustomerFeatures.objects.exclude(stage="").update(stage="")


def _rhythm() -> tuple[float | None, int]:
    gaps = CustomerFeatures.objects.filter(orders__gte=2, gap_days__gt=0).order_by("gap_days")
    count = gaps.count()
    if count < ENOUGH:
        return None, count
    middle = list(gaps.values_list("gap_days", flat=True)[(count - 1) // 2 : count // 2 + 1])
    return sum(float(one or 0) for one in middle) / len(middle), count


def assign(
    as_of: date, *, business: Business, now: Thresholds | None = None, few: bool = False
) -> Thresholds:
    """Write the stage of everybody in sight, in two statements; returns what held.

    `few`: only of those `at_hand`, by given thresholds.
    """
    now = now or thresholds()
    values, until = _values(now, as_of, business)
    here = within("customer_id", few)
    again = f"customer_id IN ({_came_back(business, until, few)})"
    with connection.cursor() as cursor:
        cursor.execute(f"UPDATE {_table(CustomerFeatures)} SET stage = {STAGE} WHERE true{here}", values)
    if not few:
        settle()  # Else the planner takes nobody for active, and meets everybody one by one.
    with connection.cursor() as cursor:
        cursor.execute(
            f"UPDATE {_table(CustomerFeatures)} SET stage = 'regained'"
            f" WHERE stage IN ('active', 'loyal') AND {again}{here}",
            values,
        )
    return now


def foresee(choice: LifecycleChoice, as_of: date, *, business: Business) -> dict[str, int]:
    """How many would stand where by another choice; nothing is written."""
    values, until = _values(thresholds(choice), as_of, business)
    sql = f"""
SELECT CASE WHEN staged.stage IN ('active', 'loyal') AND b.customer_id IS NOT NULL THEN 'regained'
    ELSE staged.stage END AS found, COUNT(*)
FROM (SELECT customer_id, {STAGE} AS stage FROM {_table(CustomerFeatures)}) staged
LEFT JOIN ({_came_back(business, until)}) b ON b.customer_id = staged.customer_id GROUP BY 1"""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        found = dict(cursor.fetchall())
    return {code: found.get(code, 0) for code in STAGES}


def _values(now: Thresholds, as_of: date, business: Business) -> tuple[dict[str, Any], datetime]:
    window = days.end_of(as_of - timedelta(days=now.active_days + 1), business.zone)
    until = days.end_of(as_of, business.zone)
    values: dict[str, Any] = {
        "active": now.active_days,
        "lost": now.lost_days,
        "loyal": now.loyal_orders,
        "window": days.moment(window),
        "end": days.moment(until),
    }
    return values, until


STAGE = """CASE
    WHEN orders = 0 OR recency_days IS NULL THEN 'lead'
    WHEN recency_days > %(lost)s THEN 'lost'
    WHEN recency_days > %(active)s THEN 'sleeping'
    WHEN orders >= %(loyal)s THEN 'loyal'
    WHEN orders = 1 THEN 'first'
    ELSE 'active' END"""


def _came_back(business: Business, until: datetime, few: bool = False) -> str:
    """Who bought again lately after having been lost: a gap ends in the active time."""
    first = days.day_of("first_at", business.zone, until)
    before = days.day_of("before_at", business.zone, until)
    return f"""
    SELECT customer_id FROM (
        SELECT customer_id,
            MIN(CASE WHEN bought_at >= %(window)s THEN bought_at END) AS first_at,
            MAX(CASE WHEN bought_at < %(window)s THEN bought_at END) AS before_at
        FROM {_table(Purchase)}
        WHERE customer_id IS NOT NULL AND status = 'completed' AND bought_at < %(end)s
            AND (refunded = 0 OR refunded < charged){within("customer_id", few)}
        GROUP BY customer_id
    ) gaps
    WHERE first_at IS NOT NULL AND before_at IS NOT NULL
        AND {days.days_between(first, before)} > %(lost)s"""


def note_moves(live: str, fresh: str, as_of: date, at: datetime) -> int:
    """Append to the ledger who came to another stage; `live` and `fresh` are tables of features."""
    entry = "jsonb_build_object('from', l.stage)" if _postgres() else "json_object('from', l.stage)"
    sql = f"""
INSERT INTO {_table(Interaction)}
    (customer_id, kind, at, source, "key", subject, title, metric, number, properties)
SELECT f.customer_id, 'stage', %(at)s, 'lifecycle', f.customer_id || ':' || %(day)s || ':' || f.stage,
    f.stage, '', '', NULL, {entry}
FROM {fresh} f JOIN {live} l ON l.customer_id = f.customer_id
JOIN {_table(Customer)} c ON c.id = f.customer_id
WHERE l.stage <> '' AND f.stage <> '' AND f.stage <> l.stage
ON CONFLICT DO NOTHING"""
    moment: dict[str, Any] = {"at": days.moment(at), "day": as_of.isoformat()}
    with connection.cursor() as cursor:
        cursor.execute(sql, moment)
        return int(cursor.rowcount)


def counts(people: Any = None) -> dict[str, int]:
    """How many stand where, in the order of the stages."""
    rows = CustomerFeatures.objects.exclude(stage="")
    rows = rows if people is None else rows.filter(customer__in=people)
    found = dict(rows.values_list("stage").annotate(n=Count("pk")).order_by())
    return {code: found.get(code, 0) for code in STAGES}


def moves(
    since: datetime, people: Any = None, *, until: datetime | None = None
) -> dict[tuple[str, str], int]:
    """{(from, to): how often} since a moment, and before another."""
    rows = Interaction.objects.filter(kind="stage", source="lifecycle", at__gte=since)
    rows = rows.filter(at__lt=until) if until else rows
    rows = rows if people is None else rows.filter(customer__in=people)
    found = rows.values_list("properties__from", "subject").annotate(n=Count("pk")).order_by()
    return {(str(before), after): n for before, after, n in found}


def _postgres() -> bool:
    return connection.vendor == "postgresql"


def _table(model: Any) -> str:
    return connection.ops.quote_name(model._meta.db_table)
