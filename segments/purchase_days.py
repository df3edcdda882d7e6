"""Purchases as the value models see them: per customer and day of the shop, by SQL on both databases.

An order counts here as in `segments.features`: not cancelled, not given back in full by the end. A day is
worth what was paid on it less what of it was given back; several orders of a day are one.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Max, Model

from crm.models import Business, Purchase, Refund
from segments import days
from segments.at_hand import only, within

CHUNK = 20_000
EVERYBODY = (1, 0)
WAYS = ("bought_at", "-bought_at")  # Along the index: both ends are near.

type Ints = npt.NDArray[np.int64]
type Floats = npt.NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Summaries:
    """Buyers (n) by ascending `ids`: `repeats`, days from the first to the `last` purchase, `age` in days
    from the first until `until`, and the mean `value` of repeat purchase days (NaN without one).
    """

    until: date
    ids: Ints
    repeats: Ints
    last: Ints
    age: Ints
    value: Floats


def span(business: Business, today: date) -> tuple[date, date] | None:
    """The first and the last day until today on which a known customer bought; None without purchases."""
    end = days.end_of(today, business.zone)
    sales = Purchase.objects.counting().filter(customer__isnull=False, bought_at__lt=end)
    ends = [sales.order_by(way).values_list("bought_at", flat=True).first() for way in WAYS]
    return (business.today(ends[0]), business.today(ends[1])) if ends[0] and ends[1] else None


def last_of_few(day: date, business: Business) -> date | None:
    """The day until `day` of the last purchase of those `at_hand`."""
    sales = only(Purchase.objects.counting(), "customer", True)
    found = sales.filter(bought_at__lt=days.end_of(day, business.zone)).aggregate(last=Max("bought_at"))
    return business.today(found["last"]) if found["last"] else None


def later_than(day: date, business: Business) -> int:
    """How many purchases are dated after `day`."""
    return Purchase.objects.filter(bought_at__gte=days.end_of(day, business.zone)).count()


def summaries(
    until: date, business: Business, part: tuple[int, int] = EVERYBODY, *, few: bool = False
) -> Summaries:
    """Everybody who had bought by the end of `until`; `part` (k, j): only ids with remainder j by k.

    `few`: only those `at_hand`.
    """
    end = connection.ops.adapt_datefield_value(until)
    first = days.days_between("CAST(%(until)s AS date)" if _postgres() else "%(until)s", "MIN(day)")
    sql = f"""
WITH {_days(until, business, few)}
SELECT customer_id, COUNT(*) - 1, {days.days_between("MAX(day)", "MIN(day)")}, {first},
    COALESCE(CAST(SUM(CASE WHEN turn > 1 THEN worth END) AS double precision) / NULLIF(COUNT(*) - 1, 0), 0)
FROM turns GROUP BY customer_id"""
    kind = np.dtype(
        [("id", np.int64), ("x", np.int64), ("last", np.int64), ("age", np.int64), ("m", np.float64)]
    )
    rows = _read(sql, _values(until, business, part) | {"until": end}, kind)
    rows = rows[np.argsort(rows["id"], kind="stable")]
    rows["m"][rows["x"] == 0] = np.nan
    return Summaries(until, *(rows[name].copy() for name in ("id", "x", "last", "age", "m")))


def bought_days(
    after: date, until: date, business: Business, part: tuple[int, int] = EVERYBODY
) -> tuple[Ints, Ints]:
    """(ids, number of purchase days) of those who bought after `after`, until the end of `until`."""
    sql = f"""
WITH {_days(until, business)}
SELECT customer_id, COUNT(*) FROM turns WHERE day > %(after)s GROUP BY 1"""
    values = _values(until, business, part) | {"after": connection.ops.adapt_datefield_value(after)}
    rows = _read(sql, values, np.dtype([("id", np.int64), ("n", np.int64)]))
    return rows["id"].copy(), rows["n"].copy()


def repeats_per_day(
    since: date, until: date, known: date, business: Business, part: tuple[int, int] = EVERYBODY
) -> Ints:
    """Repeat purchases on each day from `since` to `until`, of customers who had bought by `known`."""
    ago = days.days_between("day", "CAST(%(since)s AS date)" if _postgres() else "%(since)s")
    sql = f"""
WITH {_days(until, business)},
known AS (SELECT day, turn, MIN(day) OVER (PARTITION BY customer_id) AS first_day FROM turns)
SELECT {ago}, COUNT(*) FROM known WHERE turn > 1 AND first_day <= %(known)s GROUP BY 1"""
    adapt = connection.ops.adapt_datefield_value
    values = _values(until, business, part) | {"since": adapt(since), "known": adapt(known)}
    rows = _read(sql, values, np.dtype([("day", np.int64), ("n", np.int64)]))
    found = np.zeros((until - since).days + 1, np.int64)
    inside = (rows["day"] >= 0) & (rows["day"] < len(found))
    found[rows["day"][inside]] = rows["n"][inside]
    return found


def _days(until: date, business: Business, few: bool = False) -> str:
    """`turns`: one row per customer and day with its net worth, numbered from the first day of each.

    The plus keeps SQLite from meeting every purchase through the index, when all of them are wanted.
    """
    end = days.end_of(until, business.zone)
    bought, given = (days.day_of(column, business.zone, end) for column in ("bought_at", "refunded_at"))
    return f"""
later AS (
    SELECT purchase_id, SUM(amount) AS amount FROM {_table(Refund)}
    WHERE purchase_id IS NOT NULL AND refunded_at >= %(end)s GROUP BY purchase_id
), sold AS (
    SELECT p.customer_id, p.bought_at, p.charged, ROUND(p.refunded - COALESCE(l.amount, 0), 4) AS refunded
    FROM {_table(Purchase)} p LEFT JOIN later l ON l.purchase_id = p.id
    WHERE +p.customer_id IS NOT NULL AND p.customer_id %% %(parts)s = %(part)s
        AND p.bought_at < %(end)s AND p.status = 'completed'{within("p.customer_id", few)}
), loose AS (
    SELECT customer_id, {given} AS day, SUM(amount) AS amount FROM {_table(Refund)}
    WHERE purchase_id IS NULL AND customer_id IS NOT NULL AND refunded_at < %(end)s
        {within("customer_id", few)}
    GROUP BY 1, 2
), daily AS (
    SELECT customer_id, {bought} AS day, SUM(charged - refunded) AS net FROM sold
    WHERE refunded = 0 OR refunded < charged GROUP BY 1, 2
), turns AS (
    SELECT d.customer_id, d.day,
        CASE WHEN d.net > COALESCE(l.amount, 0) THEN d.net - COALESCE(l.amount, 0) ELSE 0 END AS worth,
        ROW_NUMBER() OVER (PARTITION BY d.customer_id ORDER BY d.day) AS turn
    FROM daily d LEFT JOIN loose l ON l.customer_id = d.customer_id AND l.day = d.day
)"""


def _values(until: date, business: Business, part: tuple[int, int]) -> dict[str, Any]:
    end = days.moment(days.end_of(until, business.zone))
    return {"end": end, "parts": part[0], "part": part[1]}


def _read(sql: str, values: dict[str, Any], kind: np.dtype[Any]) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        pieces = []
        while rows := cursor.fetchmany(CHUNK):
            pieces.append(np.array(rows, kind))
    return np.concatenate(pieces) if pieces else np.empty(0, kind)


def _postgres() -> bool:
    return connection.vendor == "postgresql"


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
