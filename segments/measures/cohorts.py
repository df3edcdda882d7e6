"""Who bought again in which period after their first purchase, by one statement on both databases.

An order counts as in `segments.features`: not cancelled, not given back in full by the end of the day. Money
is what was charged less what was given back; a refund that names no order counts in the period it was given.
"""

from __future__ import annotations

from datetime import date
from typing import Any

from crm.models import Business, Refund
from segments import days
from segments.measures import periods, sold
from segments.numerics import cohorts

SHOWN = {periods.MONTH: 24, periods.WEEK: 26}


def cells(day: date, business: Business, by: str) -> list[list[Any]]:
    """[period of the first purchase, period, customers who bought, net money], of the youngest cohorts."""
    end = days.end_of(day, business.zone)
    now = periods.number_of(day, by)
    values: dict[str, Any] = {"end": days.moment(end), "lowest": now - SHOWN[by]}
    found = sold.rows(_statement(now, business, by), values)
    return [[int(first), int(at), int(n), float(net)] for first, at, n, net in found]


def build(found: list[list[Any]], day: date, by: str, today: date) -> cohorts.Cohorts:
    """The grid as of the end of `day`; a period whose last day is `today` still runs."""
    now = periods.number_of(day, by)
    rows = [(first, at, people, money) for first, at, people, money in found]
    return cohorts.build(rows, now=now, is_over=periods.last_day(now, by) == day < today, shown=SHOWN[by])


def count_by_month(business: Business, day: date) -> list[list[Any]]:
    return cells(day, business, periods.MONTH)


def count_by_week(business: Business, day: date) -> list[list[Any]]:
    return cells(day, business, periods.WEEK)


def _statement(now: int, business: Business, by: str) -> str:
    span = by, now - SHOWN[by], now, business.zone
    bought, given = (periods.number_at(column, *span) for column in ("p.bought_at", "refunded_at"))
    return f"""
WITH {sold.sold(f", {bought} AS period")}, every AS (
    SELECT customer_id, period, SUM(charged - refunded) AS net,
        MAX(CASE WHEN {sold.COUNTS} THEN 1 ELSE 0 END) AS counts
    FROM sold GROUP BY customer_id, period
    UNION ALL
    SELECT customer_id, {given}, -SUM(amount), 0 FROM {sold.table(Refund)}
    WHERE purchase_id IS NULL AND customer_id IS NOT NULL AND refunded_at < %(end)s GROUP BY 1, 2
), firsts AS (
    SELECT customer_id, MIN(period) AS first FROM every WHERE counts = 1 GROUP BY customer_id
)
SELECT f.first, e.period, SUM(e.counts), SUM(e.net)
FROM every e JOIN firsts f ON f.customer_id = e.customer_id
WHERE f.first > %(lowest)s GROUP BY f.first, e.period ORDER BY 1, 2"""
