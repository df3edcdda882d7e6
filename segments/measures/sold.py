"""Orders as measures see them, as parts of one statement: alike in cohorts, counts and channels.

An order counts as in `segments.features`: not cancelled, not given back in full by the end of the day.
"""

from __future__ import annotations

from datetime import date, timedelta
from typing import Any

from django.db import connection
from django.db.models import Model

from crm.models import Business, Purchase, Refund
from segments import days

COUNTS = "(refunded = 0 OR refunded < charged)"


def sold(columns: str = "") -> str:
    """CTEs `later` and `sold` (id, customer_id, bought_at, charged, refunded) of orders before `end` that
    were not cancelled; `columns` of the purchase `p` come on top."""
    return f"""
later AS (
    SELECT purchase_id, SUM(amount) AS amount FROM {table(Refund)}
    WHERE purchase_id IS NOT NULL AND refunded_at >= %(end)s GROUP BY purchase_id
), sold AS (
    SELECT p.id, p.customer_id, p.bought_at, p.charged{columns},
        ROUND(p.refunded - COALESCE(l.amount, 0), 4) AS refunded
    FROM {table(Purchase)} p LEFT JOIN later l ON l.purchase_id = p.id
    WHERE p.customer_id IS NOT NULL AND p.bought_at < %(end)s AND p.status = 'completed'
)"""


def moment_before(day: date, business: Business) -> object:
    """The first moment of a day, as the database stores it."""
    return days.moment(days.end_of(day - timedelta(days=1), business.zone))


def moment_after(day: date, business: Business) -> object:
    return days.moment(days.end_of(day, business.zone))


def rows(sql: str, values: dict[str, Any]) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return list(cursor.fetchall())


def table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)


def is_postgres() -> bool:
    return connection.vendor == "postgresql"
