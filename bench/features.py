"""Features of everyone against the bare aggregation of purchases into a table of the same columns."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from datetime import date
from typing import Any

from django.db import connection

from crm.models import Business
from segments import features
from segments.models import CustomerFeatures

ROUNDS = 3
TABLE = "bench_bare_features"


def figures(size: str) -> Iterator[dict[str, Any]]:
    business = Business.current()
    today = business.today()
    _run("ANALYZE")  # As autovacuum does soon after any import.
    ours = min(_seconds(lambda: _ours(today, business)) for _ in range(ROUNDS))
    bare = min(_seconds(lambda: _bare(today)) for _ in range(ROUNDS))
    _run(f"DROP TABLE {TABLE}")
    yield {"name": "features", "value": round(ours, 3), "unit": "s", "limit": round(bare, 3)}


def _ours(day: date, business: Business) -> None:
    """Into the empty live table, as the bare statement fills an empty one."""
    features.rebuild(day, business=business)


def _bare(day: date) -> None:
    """What a person would write by hand: no refunds, no answers, no time zone, no conflicts."""
    _run(
        f"INSERT INTO {TABLE} (customer_id, as_of, first_bought_on, last_bought_on, orders, revenue,"
        " average_order, refunds, rfm_group, cluster)"
        " SELECT customer_id, '2026-01-01', MIN(bought_at), MAX(bought_at), COUNT(*), SUM(charged),"
        " AVG(charged), SUM(refunded), '', '' FROM crm_purchase WHERE customer_id IS NOT NULL"
        " GROUP BY customer_id"
    )


def _seconds(work: Callable[[], None]) -> float:
    CustomerFeatures.objects.all()._raw_delete("default")
    _run(f"DROP TABLE IF EXISTS {TABLE}")
    with connection.schema_editor() as editor:
        fields = CustomerFeatures._meta.local_concrete_fields
        columns = ", ".join(f'"{field.column}" {field.db_type(connection)}' for field in fields)
        editor.execute(f"CREATE TABLE {TABLE} ({columns}, PRIMARY KEY (customer_id))")
        for index in CustomerFeatures._meta.indexes:
            names = ", ".join(CustomerFeatures._meta.get_field(name).column for name in index.fields)
            editor.execute(f"CREATE INDEX bench_{index.name} ON {TABLE} ({names})")
    if connection.vendor == "postgresql":
        _run("VACUUM segments_customerfeatures")
    began = time.perf_counter()
    work()
    return time.perf_counter() - began


def _run(sql: str) -> None:
    with connection.cursor() as cursor:
        cursor.execute(sql)
