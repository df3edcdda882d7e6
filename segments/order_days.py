"""Orders of customers by calendar day with the day on which they were given back, for windows of the past."""

from __future__ import annotations

from datetime import date
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from crm.models import Business, Purchase, Refund
from segments import arrays, days
from segments.numerics.lapse.history import NEVER, Orders

EPOCH = date(1970, 1, 1)


def number_of(day: date) -> int:
    """A day as these orders count them."""
    return (day - EPOCH).days


def day_of(number: int) -> date:
    return date.fromordinal(EPOCH.toordinal() + number)


def read(until: date, business: Business, part: tuple[int, int] = (1, 0)) -> Orders:
    """Completed orders until the end of `until`; `part` (k, j): only customers with remainder j by k."""
    zone, end = business.zone, days.end_of(until, business.zone)
    values: dict[str, Any] = {"end": days.moment(end), "parts": part[0], "part": part[1]}
    who, bought, amount, given = arrays.read(_statement(), values, "iifi")
    returned = arrays.days_of(given, zone, max(end, timezone.now()))
    return Orders.of(
        who, arrays.days_of(bought, zone, end), amount, np.where(given == NEVER, NEVER, returned)
    )


def _statement() -> str:
    """Given back in full, an order counts no more from its last refund on; if none is known, it never did."""
    return f"""
SELECT p.customer_id, {arrays.second_of("p.bought_at")}, p.charged,
    CASE WHEN p.refunded > 0 AND p.refunded >= p.charged
        THEN COALESCE({arrays.second_of("r.at")}, {-NEVER}) ELSE {NEVER} END
FROM {_table(Purchase)} p LEFT JOIN (
    SELECT purchase_id, MAX(refunded_at) AS at FROM {_table(Refund)}
    WHERE purchase_id IS NOT NULL GROUP BY purchase_id
) r ON r.purchase_id = p.id
WHERE p.customer_id IS NOT NULL AND p.customer_id %% %(parts)s = %(part)s
    AND p.bought_at < %(end)s AND p.status = 'completed' {arrays.along("p.customer_id", "p.bought_at")}"""


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
