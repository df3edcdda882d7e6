"""Orders of customers by calendar day with the day on which they were given back, for windows of the past."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Model

from crm.models import Business, Purchase, Refund
from segments import days
from segments.numerics.lapse.history import NEVER, Orders

CHUNK = 20_000
EPOCH = date(1970, 1, 1)
KIND = np.dtype([("id", np.int64), ("day", np.int64), ("amount", np.float64), ("returned", np.int64)])


def number_of(day: date) -> int:
    """A day as these orders count them."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    return date.fromordinal(EPOCH.toordinal() + number)


def read(until: date, business: Business, part: tuple[int, int] = (1, 0)) -> Orders:
    """Completed orders until the end of `until`; `part` (k, j): only customers with remainder j by k."""
    end = days.end_of(until, business.zone)
    values: dict[str, Any] = {"end": days.moment(end), "parts": part[0], "part": part[1]}
    with connection.cursor() as cursor:
        cursor.execute(_statement(business, until), values)
        pieces = []
        while rows := cursor.fetchmany(CHUNK):
            pieces.append(np.array([_plain(row) for row in rows], KIND))
    found = np.concatenate(pieces) if pieces else np.empty(0, KIND)
    columns = (found[name].copy() for name in ("id", "day", "amount", "returned"))
    return Orders.of(*columns)


def _plain(row: tuple[Any, ...]) -> tuple[Any, ...]:
    return (row[0], row[1], float(row[2]), NEVER if row[3] is None else row[3])


def _statement(business: Business, until: date) -> str:
    """An order that was given back in full counts no more from the day of its last refund on."""
    end = days.end_of(until, business.zone)
    bought, given = (days.day_of(column, business.zone, end) for column in ("p.bought_at", "r.at"))
    first = "CAST('1970-01-01' AS date)" if connection.vendor == "postgresql" else "'1970-01-01'"
    return f"""
SELECT p.customer_id, {days.days_between(bought, first)}, p.charged,
    CASE WHEN p.refunded > 0 AND p.refunded >= p.charged
        THEN COALESCE({days.days_between(given, first)}, -1) END
FROM {_table(Purchase)} p LEFT JOIN (
    SELECT purchase_id, MAX(refunded_at) AS at FROM {_table(Refund)}
    WHERE purchase_id IS NOT NULL GROUP BY purchase_id
) r ON r.purchase_id = p.id
WHERE p.customer_id IS NOT NULL AND p.customer_id %% %(parts)s = %(part)s
    AND p.bought_at < %(end)s AND p.status = 'completed'"""


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
