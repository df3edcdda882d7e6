"""Features of everyone as of a day of the shop, by one INSERT … SELECT … ON CONFLICT on both databases."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Collection, Iterator
from datetime import date
from typing import Any

from django.db import connection
from django.db.models import Model

from crm import bulk
from crm.models import Business, Customer, Interaction, Purchase, PurchaseLine, Refund
from segments import days, scoring
from segments.at_hand import within
from segments.lapse import lapsing
from segments.lifecycle import stages
from segments.models import CustomerFeatures, ScoringRun
from segments.rfm import cuts
from segments.shadow import settle, shadow
from segments.value import valuing

FITTED = ("rfm", "value", "lapse", "clusters")  # Scores that other modules work out, in this order.
# Written here, in the order of the SELECT; scores, values and clusters have their own modules.
COLUMNS = (
    "customer_id",
    "as_of",
    "first_bought_on",
    "last_bought_on",
    "recency_days",
    "orders",
    "revenue",
    "average_order",
    "refunds",
    "gap_days",
    "nps_last",
    "nps_last_on",
    "csat_last",
    "csat_last_on",
    "last_opened_on",
    "last_clicked_on",
)


def count_anew() -> None:
    """Let the database plan `rebuild` with true sizes: an import may just have filled the tables."""
    bulk.analyze(Customer, Purchase, PurchaseLine, Refund, Interaction)


def rebuild(as_of: date, *, business: Business, heard_on: date | None = None, few: bool = False) -> int:
    """Describe every customer by what had happened until the end of `as_of`; returns how many.

    `heard_on`: answers and reading count until this later day, where only the sales are old. `few`: only
    those `at_hand`.
    """
    zone = business.zone
    end, heard = days.end_of(as_of, zone), days.end_of(heard_on or as_of, zone)
    sql = _statement(lambda column: days.day_of(column, zone, max(end, heard)), few)
    values: dict[str, Any] = {
        "end": days.moment(end),
        "heard": days.moment(heard),
        "as_of": connection.ops.adapt_datefield_value(as_of),
    }
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
        return int(cursor.rowcount)


@contextlib.contextmanager
def aside(
    as_of: date,
    *,
    business: Business | None = None,
    filled: bool = False,
    scores: Collection[str] = FITTED,
) -> Iterator[None]:
    """Inside, CustomerFeatures shows this connection the state of that day, scores and clusters included.

    Nothing live is touched. Customers' own attributes are today's. `filled` begins with the live rows: what
    is not calculated anew here stays as it is. `scores`: which of FITTED are wanted, clusters with all that
    they may be made of; what is counted and summed is always there.
    """
    wanted = set(FITTED) if "clusters" in scores else set(scores)
    business = business or Business.current()
    count_anew()
    with shadow(filled=filled):
        rebuild(as_of, business=business)
        settle()
        stages.assign(as_of, business=business)
        if "rfm" in wanted:
            scoring.score_rfm(cuts.on_day(as_of))
        if "value" in wanted:
            valuing.value_everyone(as_of, business, check=False)
        if "lapse" in wanted:
            lapsing.score_everyone(as_of, business, check=False)
        if "clusters" in wanted:
            scoring.assign_clusters(scoring.live_run(ScoringRun.Kind.CLUSTER))
        yield


def _statement(day: Callable[[str], str], few: bool) -> str:
    changed = ", ".join(f"{name} = excluded.{name}" for name in COLUMNS[1:])
    return f"""
INSERT INTO {_table(CustomerFeatures)} ({", ".join(COLUMNS)}, rfm_group, cluster, stage)
WITH {_bought(few)}, {_given_back(few)}, {_answered(few)}, {_read(few)},
dated AS (
    SELECT b.*, {day("b.first_at")} AS first_on, {day("b.last_at")} AS last_on FROM bought b
)
SELECT c.id, %(as_of)s, d.first_on, d.last_on, {days.days_between("%(as_of)s", "d.last_on")},
    COALESCE(d.orders, 0),
    ROUND(COALESCE(d.charged, 0) - COALESCE(g.amount, 0), 4),
    CASE WHEN d.orders > 0 THEN ROUND(d.counting * 1.0 / d.orders, 4) END,
    COALESCE(g.amount, 0),
    CASE WHEN d.orders > 1 THEN
        CAST({days.days_between("d.last_on", "d.first_on")} AS double precision) / (d.orders - 1) END,
    a.nps, {day("a.nps_at")}, a.csat, {day("a.csat_at")}, {day("r.opened_at")}, {day("r.clicked_at")},
    '', '', ''
FROM {_table(Customer)} c
LEFT JOIN dated d ON d.customer_id = c.id
LEFT JOIN given_back g ON g.customer_id = c.id
LEFT JOIN answered a ON a.customer_id = c.id
LEFT JOIN reading r ON r.customer_id = c.id
WHERE true{within("c.id", few)}
ON CONFLICT (customer_id) DO UPDATE SET {changed}
"""


def _bought(few: bool) -> str:
    """Orders per customer. `counted_at` is empty for those given back in full by the end of the day.

    The sum of linked refunds stands in the purchase; only those given later have to be taken off again, and
    there are few. A purchase of zero counts as long as nothing was refunded from it.
    """
    return f"""
later AS (
    SELECT purchase_id, SUM(amount) AS amount FROM {_table(Refund)}
    WHERE purchase_id IS NOT NULL AND refunded_at >= %(end)s GROUP BY purchase_id
), sold AS (
    SELECT p.customer_id, p.charged, p.bought_at,
        ROUND(p.refunded - COALESCE(l.amount, 0), 4) AS refunded
    FROM {_table(Purchase)} p LEFT JOIN later l ON l.purchase_id = p.id
    WHERE p.customer_id IS NOT NULL AND p.bought_at < %(end)s AND p.status = 'completed'
        {within("p.customer_id", few)}
), bought AS (
    SELECT customer_id, SUM(charged) AS charged,
        SUM(CASE WHEN refunded = 0 OR refunded < charged THEN 1 ELSE 0 END) AS orders,
        SUM(CASE WHEN refunded = 0 OR refunded < charged THEN charged END) AS counting,
        MIN(CASE WHEN refunded = 0 OR refunded < charged THEN bought_at END) AS first_at,
        MAX(CASE WHEN refunded = 0 OR refunded < charged THEN bought_at END) AS last_at
    FROM sold GROUP BY customer_id
)"""


def _given_back(few: bool) -> str:
    """Refunds per customer; what was given back for a cancelled order went in and out and is no loss."""
    return f"""
given_back AS (
    SELECT f.customer_id, ROUND(SUM(f.amount), 4) AS amount
    FROM {_table(Refund)} f LEFT JOIN {_table(Purchase)} p ON p.id = f.purchase_id
    WHERE f.customer_id IS NOT NULL AND f.refunded_at < %(end)s AND (p.id IS NULL OR p.status = 'completed')
        {within("f.customer_id", few)}
    GROUP BY f.customer_id
)"""


def _answered(few: bool) -> str:
    """The latest figure per customer and metric."""
    return f"""
answers AS (
    SELECT customer_id, metric, number, at,
        ROW_NUMBER() OVER (PARTITION BY customer_id, metric ORDER BY at DESC, id DESC) AS age
    FROM {_table(Interaction)}
    WHERE kind = 'answer' AND metric IN ('nps', 'csat') AND number IS NOT NULL
        AND customer_id IS NOT NULL AND at < %(heard)s
        {within("customer_id", few)}
), answered AS (
    SELECT customer_id,
        MAX(CASE WHEN metric = 'nps' THEN number END) AS nps,
        MAX(CASE WHEN metric = 'nps' THEN at END) AS nps_at,
        MAX(CASE WHEN metric = 'csat' THEN number END) AS csat,
        MAX(CASE WHEN metric = 'csat' THEN at END) AS csat_at
    FROM answers WHERE age = 1 GROUP BY customer_id
)"""


def _read(few: bool) -> str:
    return f"""
reading AS (
    SELECT customer_id, MAX(CASE WHEN kind = 'open' THEN at END) AS opened_at,
        MAX(CASE WHEN kind = 'click' THEN at END) AS clicked_at
    FROM {_table(Interaction)}
    WHERE kind IN ('open', 'click') AND customer_id IS NOT NULL AND at < %(heard)s
        {within("customer_id", few)}
    GROUP BY customer_id
)"""


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
