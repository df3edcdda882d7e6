"""Figures about customers that only tags by model need: orders at a discount, given back, not paid."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import date, timedelta
from typing import Any

from django.db import connection

from crm.models import Business, Interaction, Purchase, Refund
from segments import days
from segments.at_hand import within
from segments.model_tags.catalogue import UNPAID
from segments.models import CustomerFeatures

FEWEST = 5  # Customers with such a figure; of fewer, nothing is said.
NEARLY_ALL = 0.9  # Of all orders; where all is sold at a discount, it tells nobody apart.
LOOK_BACK = timedelta(days=730)
TABLE = "tags_figures"
FEATURES = f'"{CustomerFeatures._meta.db_table}"'


@contextlib.contextmanager
def at_hand(day: date, business: Business, *, few: bool = False) -> Iterator[None]:
    """Inside, `TABLE` stands: (kind, customer_id, n, whole)."""
    end = days.end_of(day, business.zone)
    values: dict[str, Any] = {"end": days.moment(end), "since": days.moment(end - LOOK_BACK)}
    found = " UNION ALL ".join(f"SELECT '{kind}', x.* FROM ({sql}) x" for kind, sql in _kinds(few).items())
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS {TABLE}")
        cursor.execute(
            f"CREATE TEMPORARY TABLE {TABLE} (kind varchar(20), customer_id bigint, n int, whole int,"
            " PRIMARY KEY (kind, customer_id))"
        )
        cursor.execute(f"INSERT INTO {TABLE} {found}", values)
        yield
        cursor.execute(f"DROP TABLE {TABLE}")


def buyers() -> tuple[int, int]:
    """How many have bought, and how many of them have a value."""
    many, valued = _row(
        f"SELECT COUNT(*), SUM(CASE WHEN clv > 0 THEN 1 ELSE 0 END) FROM {FEATURES} WHERE orders > 0"
    )
    return int(many), int(valued or 0)


def best(worth: str, percent: float, buyers: int) -> float:
    """What the best `percent` of the buyers are worth at least; 0 where too many are worth the same.

    Equals stand above the limit together, or below it where they are more than half as many again.
    """
    wanted = max(1, round(buyers * percent / 100))
    people = f"FROM {FEATURES} f WHERE f.orders > 0 AND {worth} > 0"
    found = _row(f"SELECT {worth} {people} ORDER BY {worth} DESC LIMIT 1 OFFSET {wanted - 1}")
    if not found:
        return 0.0
    if _row(f"SELECT COUNT(*) {people} AND {worth} >= {found[0]}")[0] <= 1.5 * wanted:
        return float(found[0])
    return float(_row(f"SELECT MIN({worth}) {people} AND {worth} > {found[0]}")[0] or 0)


def lacks(needs: str) -> str:
    """Why a class cannot be told from this shop's data; empty where it can."""
    if needs == "lapse":
        known = _row(f"SELECT COUNT(*) FROM {FEATURES} WHERE lapse_chance IS NOT NULL")[0]
        return "" if known else "lapse"
    if needs:
        many, orders = _row(f"SELECT COUNT(*), SUM(n) FROM {TABLE} WHERE kind = '{needs}'")
        if needs == "unpaid":
            return "" if many else needs
        if many < FEWEST:
            return needs
        everything = _row(f"SELECT SUM(orders) FROM {FEATURES}")[0]
        if needs == "discounts" and orders > NEARLY_ALL * float(everything):
            return "all_discounts"
    return ""


def _kinds(few: bool) -> dict[str, str]:
    counts = "p.status = 'completed' AND (p.refunded = 0 OR p.refunded < p.charged)"
    kinds = ", ".join(f"'{kind}'" for kind in UNPAID)
    purchases, refunds = (f'"{model._meta.db_table}"' for model in (Purchase, Refund))
    # Along an index SQLite would meet everybody's purchases one by one.
    as_they_lie = "" if few or connection.vendor == "postgresql" else "NOT INDEXED"
    return {
        "discounts": f"""
SELECT p.customer_id, COUNT(*), 0 FROM {purchases} p {as_they_lie}
WHERE (p.discount > 0 OR p.coupon <> '') AND p.customer_id IS NOT NULL AND {counts}
    AND p.bought_at < %(end)s{within("p.customer_id", few)} GROUP BY p.customer_id""",
        "returns": f"""
SELECT r.customer_id, COUNT(DISTINCT p.id),
    COUNT(DISTINCT CASE WHEN p.refunded > 0 AND p.refunded >= p.charged THEN p.id END)
FROM {refunds} r JOIN {purchases} p ON p.id = r.purchase_id AND p.customer_id = r.customer_id
WHERE p.status = 'completed' AND r.amount > 0 AND r.refunded_at < %(end)s{within("r.customer_id", few)}
GROUP BY r.customer_id""",
        "unpaid": f"""
SELECT i.customer_id, COUNT(*), 0 FROM "{Interaction._meta.db_table}" i
WHERE i.kind IN ({kinds}) AND i.customer_id IS NOT NULL AND i.at >= %(since)s AND i.at < %(end)s
    {within("i.customer_id", few)}
GROUP BY i.customer_id""",
    }


def _row(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()
