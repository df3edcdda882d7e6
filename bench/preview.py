"""A preview of two purchase conditions with the counts of all lines, against hand-written SQL with these."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import date, timedelta
from statistics import median
from time import perf_counter
from typing import Any

from django.db import connection

from crm.models import Business
from segments import days, features
from segments.rules.moment import Moment
from segments.rules.parsing import parse
from segments.rules.preview import preview

RUNS = 20  # The second slowest is the 95th percentile.
LONG_RUNS = 5  # Of the statement with all counts, which takes half a minute in a large shop; its median.
RULE = {
    "all": [
        {"field": "country", "op": "in", "value": ["Germany", "United Kingdom", "China"]},
        {"field": "created_on", "op": "after", "value": "2020-01-01"},
        {"field": "orders", "op": ">=", "value": 2},
        {
            "did": "purchase",
            "where": [
                {"field": "category", "op": "is", "value": "Tea"},
                {"field": "amount", "op": ">=", "value": 5},
            ],
            "within_days": 730,
        },
        {"did": "purchase", "op": ">=", "value": 2, "within_days": 365},
        {"field": "consent.email", "op": "is", "value": "granted"},
    ]
}
# Each condition once, as somebody who knows the tables would write it.
CONDITIONS = (
    "LOWER(c.country) IN ('germany', 'united kingdom', 'china')",
    "c.created_on > '2020-01-01'",
    "f.orders >= 2",
    """EXISTS (SELECT 1 FROM crm_purchase p JOIN crm_purchaseline l ON l.purchase_id = p.id
        JOIN crm_product g ON g.id = l.product_id
        WHERE p.customer_id = c.id AND p.status = 'completed' AND (p.refunded = 0 OR p.refunded < p.charged)
        AND p.bought_at >= %(start)s AND p.bought_at < %(end)s
        AND LOWER(g.category) = 'tea' AND l.amount >= 5)""",
    """c.id IN (SELECT p.customer_id FROM crm_purchase p
        WHERE p.status = 'completed' AND (p.refunded = 0 OR p.refunded < p.charged)
        AND p.bought_at >= %(year)s AND p.bought_at < %(end)s
        AND p.customer_id IS NOT NULL GROUP BY p.customer_id HAVING COUNT(*) >= 2)""",
    "c.email_consent = 'granted'",
)


def figures(size: str) -> Iterator[dict[str, Any]]:
    business = Business.current()
    today = business.today()
    features.rebuild(today, business=business)
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("VACUUM ANALYZE")
    node, moment = parse(RULE), Moment.now(business=business)
    found = preview(node, business=business)
    counted = _by_hand(moment.today, business, lines=True)()
    assert [line.count for line in found.lines] == counted, (found.lines, counted)
    assert found.count == _by_hand(moment.today, business, lines=False)()[0]

    ours = _slowest(lambda: preview(parse(RULE), business=business))
    alone = _slowest(_by_hand(moment.today, business, lines=False))
    with_lines = median(_times(_by_hand(moment.today, business, lines=True), LONG_RUNS))
    yield {"name": "preview", "value": ours, "unit": "s", "limit": with_lines}
    yield {"name": "preview_without_lines", "value": ours, "unit": "s", "limit": alone}


def _by_hand(today: date, business: Business, *, lines: bool) -> Callable[[], list[int]]:
    """The last count, or, with lines, one count for each length of the rule in a single query."""
    end = days.end_of(today, business.zone)
    start, year = (days.end_of(today - timedelta(days=back), business.zone) for back in (730, 365))
    people = "FROM crm_customer c JOIN segments_customerfeatures f ON f.customer_id = c.id"
    if lines:
        counts = ", ".join(
            f"COUNT(CASE WHEN {' AND '.join(CONDITIONS[: index + 1])} THEN 1 END)"
            for index in range(len(CONDITIONS))
        )
        sql = f"SELECT {counts} {people}"
    else:
        sql = f"SELECT COUNT(*) {people} WHERE {' AND '.join(CONDITIONS)}"

    period: dict[str, Any] = {
        "start": days.moment(start),
        "year": days.moment(year),
        "end": days.moment(end),
    }

    def run() -> list[int]:
        with connection.cursor() as cursor:
            cursor.execute(sql, period)
            return list(cursor.fetchone())

    return run


def _slowest(work: Callable[[], Any]) -> float:
    """The 95th percentile."""
    return sorted(_times(work, RUNS))[int(0.95 * RUNS) - 1]


def _times(work: Callable[[], Any], runs: int) -> list[float]:
    times = []
    for _ in range(runs):
        started = perf_counter()
        work()
        times.append(round(perf_counter() - started, 5))
    return times
