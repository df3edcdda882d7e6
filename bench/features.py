"""Features of everyone against the bare aggregation of purchases into the same table."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from typing import Any

from django.db import connection

from crm.models import Business
from segments import features
from segments.models import CustomerFeatures

ROUNDS = 3
# What a person would write by hand: no refunds, no answers, no time zone, no cancelled orders, no conflicts.
BARE = """
INSERT INTO segments_customerfeatures (customer_id, as_of, first_bought_on, last_bought_on, orders, revenue,
    average_order, refunds, rfm_group, cluster, stage)
SELECT c.id, '2026-01-01', MIN(p.bought_at), MAX(p.bought_at), COUNT(p.id), COALESCE(SUM(p.charged), 0),
    AVG(p.charged), COALESCE(SUM(p.refunded), 0), '', '', ''
FROM crm_customer c LEFT JOIN crm_purchase p ON p.customer_id = c.id GROUP BY c.id
"""


def figures(size: str) -> Iterator[dict[str, Any]]:
    business = Business.current()
    today = business.today()
    _run("ANALYZE")  # As autovacuum does soon after any import.
    ours = [_seconds(lambda: features.rebuild(today, business=business)) for _ in range(ROUNDS)]
    bare = [_seconds(lambda: _run(BARE)) for _ in range(ROUNDS)]
    features.rebuild(today, business=business)
    yield {"name": "features", "value": round(min(ours), 3), "unit": "s", "limit": round(min(bare), 3)}


def _seconds(work: Callable[[], object]) -> float:
    """How long `work` takes to fill the empty table."""
    CustomerFeatures.objects.all()._raw_delete("default")
    if connection.vendor == "postgresql":
        _run("VACUUM segments_customerfeatures")
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
