"""The journey map: who reached which touch point in a period, and who went on from one to another.

One statement on both databases: per customer the first and the last moment of each touch point in the period;
somebody went on from A to B if their last B is not before their first A.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import QuerySet
from django.db.models.expressions import RawSQL
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm.models import Business, Interaction, Message, Purchase
from segments import days
from segments.lifecycle import stages
from segments.models import CustomerFeatures

# Kinds of the ledger that are touch points; purchases and mails have tables of their own.
KINDS = (
    "sign_up", "login", "view", "cart", "open", "click", "answer", "case", "case_solved", "unsubscribe",
)  # fmt: skip
POINTS: dict[str, str | Promise] = {
    "sign_up": _("Signed up by a form"),
    "login": _("Signed in"),
    "view": _("Viewed a page"),
    "cart": _("Put into the cart"),
    "first": _("First purchase"),
    "purchase": _("Purchase"),
    "second": _("Second purchase"),
    "mail": _("Mail sent"),
    "open": _("Opened a mail"),
    "click": _("Clicked in a mail"),
    "answer": _("Answered a survey"),
    "case": _("A case was opened"),
    "case_solved": _("A case was solved"),
    "unsubscribe": _("Unsubscribed"),
}
STEPS = (
    ("sign_up", "first"), ("view", "cart"), ("cart", "purchase"), ("first", "second"),
    ("mail", "open"), ("open", "click"), ("click", "purchase"), ("mail", "unsubscribe"),
    ("answer", "purchase"), ("case", "case_solved"), ("case_solved", "purchase"),
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class Period:
    """From the beginning of one calendar day to the end of another."""

    first: date
    last: date

    def values(self, business: Business) -> dict[str, Any]:
        adapt = connection.ops.adapt_datefield_value
        return {
            "start": days.moment(days.end_of(self.first - timedelta(days=1), business.zone)),
            "end": days.moment(days.end_of(self.last, business.zone)),
            "first": adapt(self.first),
            "last": adapt(self.last),
        }


@dataclass(frozen=True, slots=True)
class Step:
    """Of `reached` people who came to `start`, `went` came to `goal` afterwards."""

    start: str
    goal: str
    reached: int
    went: int

    @property
    def stayed(self) -> int:
        return self.reached - self.went

    @property
    def share(self) -> float | None:
        return self.went / self.reached if self.reached else None


@dataclass(frozen=True, slots=True)
class Map:
    points: dict[str, int]
    steps: list[Step]
    times: int  # Entries of the ledger and sales of the period.
    nobody: int  # Of them without a known customer.


def build(period: Period, business: Business) -> Map:
    values = period.values(business)
    counts = [f"COUNT({code}_a)" for code in POINTS]
    went = [f"SUM(CASE WHEN {goal}_z >= {start}_a THEN 1 ELSE 0 END)" for start, goal in STEPS]
    with connection.cursor() as cursor:
        cursor.execute(f"{_people()} SELECT {', '.join(counts + went)} FROM people", values)
        row = [int(one or 0) for one in cursor.fetchone()]
    points = dict(zip(POINTS, row, strict=False))
    steps = [
        Step(start, goal, points[start], n)
        for (start, goal), n in zip(STEPS, row[len(points) :], strict=True)
    ]
    return Map(points, steps, *_left_out(values))


def people(
    period: Period, business: Business, start: str, goal: str = "", *, went: bool = True
) -> QuerySet[CustomerFeatures]:
    """Who reached a touch point; with `goal` who went on to it from there, or who did not."""
    if start not in POINTS or (goal and (start, goal) not in STEPS):
        return CustomerFeatures.objects.none()
    condition = f"{start}_a IS NOT NULL"
    if goal:
        condition += (
            f" AND {goal}_z >= {start}_a" if went else f" AND ({goal}_z IS NULL OR {goal}_z < {start}_a)"
        )
    sql, params = _positional(
        f"{_people()} SELECT customer_id FROM people WHERE {condition}", period, business
    )
    return CustomerFeatures.objects.filter(customer_id__in=RawSQL(sql, params))  # noqa: S611 - closed names.


def _people() -> str:
    """A row per described customer: the first (`…_a`) and last (`…_z`) moment of each touch point."""
    columns = ", ".join(
        f"MIN(CASE WHEN point = '{code}' THEN a END) AS {code}_a,"
        f" MAX(CASE WHEN point = '{code}' THEN z END) AS {code}_z"
        for code in POINTS
    )
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    return f"""
WITH sold AS (
    SELECT customer_id, MIN(bought_at) AS a, MAX(bought_at) AS z, COUNT(*) AS orders FROM {_table(Purchase)}
    WHERE bought_at >= %(start)s AND bought_at < %(end)s AND customer_id IS NOT NULL
        AND status = 'completed' AND (refunded = 0 OR refunded < charged)
    GROUP BY customer_id
), touched AS (
    SELECT customer_id, kind AS point, MIN(at) AS a, MAX(at) AS z FROM {_table(Interaction)}
    WHERE kind IN ({kinds}) AND at >= %(start)s AND at < %(end)s AND customer_id IS NOT NULL
    GROUP BY customer_id, kind
    UNION ALL
    SELECT customer_id, 'mail', MIN(sent_at), MAX(sent_at) FROM {_table(Message)}
    WHERE state = 'sent' AND sent_at >= %(start)s AND sent_at < %(end)s AND customer_id IS NOT NULL
    GROUP BY customer_id
    UNION ALL SELECT customer_id, 'purchase', a, z FROM sold
    UNION ALL
    SELECT s.customer_id, 'first', s.a, s.a FROM sold s
    JOIN {_table(CustomerFeatures)} f ON f.customer_id = s.customer_id
    WHERE f.first_bought_on BETWEEN %(first)s AND %(last)s
    UNION ALL
    SELECT s.customer_id, 'second', s.z, s.z FROM sold s
    JOIN {_table(CustomerFeatures)} f ON f.customer_id = s.customer_id
    WHERE f.first_bought_on BETWEEN %(first)s AND %(last)s AND s.orders > 1
), people AS (
    SELECT t.customer_id, {columns} FROM touched t
    JOIN {_table(CustomerFeatures)} f ON f.customer_id = t.customer_id GROUP BY t.customer_id
)"""


def _positional(sql: str, period: Period, business: Business) -> tuple[str, list[Any]]:
    """The statement with its named values in the order in which it needs them."""
    values, found = period.values(business), []
    parts = sql.split("%(")
    text = parts[0]
    for part in parts[1:]:
        name, _sign, rest = part.partition(")s")
        found.append(values[name])
        text += "%s" + rest
    return text, found


def _left_out(values: dict[str, Any]) -> tuple[int, int]:
    kinds = ", ".join(f"'{kind}'" for kind in KINDS)
    sql = f"""
SELECT SUM(n), SUM(nobody) FROM (
    SELECT COUNT(*) AS n, COUNT(*) - COUNT(customer_id) AS nobody FROM {_table(Interaction)}
    WHERE kind IN ({kinds}) AND at >= %(start)s AND at < %(end)s
    UNION ALL
    SELECT COUNT(*), COUNT(*) - COUNT(customer_id) FROM {_table(Purchase)}
    WHERE bought_at >= %(start)s AND bought_at < %(end)s
) counted"""
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        row = cursor.fetchone()
    return int(row[0] or 0), int(row[1] or 0)


@dataclass(frozen=True, slots=True)
class Move:
    """`stays` in `before` were there in the period, ended or not; `n` of them ended in `after`."""

    before: str
    after: str
    n: int
    stays: int

    @property
    def share(self) -> float | None:
        return self.n / self.stays if self.stays else None


def moves(period: Period, business: Business) -> list[Move]:
    """Changes of stage as the ledger noted them, most frequent first."""
    start = days.end_of(period.first - timedelta(days=1), business.zone)
    end = days.end_of(period.last, business.zone)
    found, later = stages.moves(start, until=end), stages.moves(end)
    stays = Counter(stages.counts())  # Who stands there now, who came or went since taken back.
    for (before, after), n in later.items():
        stays[before] += n
        stays[after] -= n
    for (before, _after), n in found.items():
        stays[before] += n
    ordered = sorted(found.items(), key=lambda one: (-one[1], one[0]))
    return [Move(before, after, n, max(stays[before], n)) for (before, after), n in ordered]


def movers(period: Period, business: Business, before: str, after: str) -> QuerySet[CustomerFeatures]:
    start = days.end_of(period.first - timedelta(days=1), business.zone)
    end = days.end_of(period.last, business.zone)
    rows = Interaction.objects.filter(
        kind="stage", source="lifecycle", at__gte=start, at__lt=end, subject=after, properties__from=before
    )
    return CustomerFeatures.objects.filter(customer_id__in=rows.values("customer_id"))


def _table(model: Any) -> str:
    return connection.ops.quote_name(model._meta.db_table)
