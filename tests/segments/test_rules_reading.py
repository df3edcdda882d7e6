"""Which way SQLite reads purchases for a rule or a tag; it was the way that made a rule take a minute."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection

from crm.models import Customer, Product
from segments.model_tags import figures
from segments.rules.compile import to_q
from segments.rules.moment import Moment
from segments.rules.parsing import parse

pytestmark = [
    pytest.mark.django_db,
    pytest.mark.skipif(connection.vendor != "sqlite", reason="PostgreSQL plans by what it has counted"),
]


def plan(rule: dict[str, Any]) -> list[str]:
    people = Customer.objects.filter(to_q(parse(rule), Moment.now())).values("pk")
    sql, values = people.query.sql_with_params()
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", values)
        return [step for *_rest, step in cursor.fetchall() if "_by_" in step]


def test_a_long_time_of_everyone_is_read_in_the_order_of_customers():
    [step] = plan({"did": "purchase", "op": ">=", "value": 2, "within_days": 365})

    assert "COVERING INDEX purchase_by_customer" in step


def test_a_short_time_is_found_by_time():
    [step] = plan({"did": "purchase", "op": ">=", "value": 2, "within_days": 7})

    assert "INDEX purchase_by_time" in step


@pytest.mark.parametrize("value", [1, 2])
def test_the_lines_of_a_purchase_are_read_once_and_not_once_for_each_product(value):
    Product.objects.create(sku="green", category="Tea")
    tea = [{"field": "category", "op": "is", "value": "Tea"}]
    steps = plan({"did": "purchase", "where": tea, "op": ">=", "value": value, "within_days": 365})

    assert any(step.endswith("COVERING INDEX line_by_purchase (purchase_id=?)") for step in steps)


def test_orders_at_a_discount_are_read_as_the_table_lies():
    sql = figures._kinds(few=False)["discounts"]
    with connection.cursor() as cursor:
        cursor.execute(f"EXPLAIN QUERY PLAN {sql}", {"end": "2026-01-01 00:00:00"})
        first = cursor.fetchall()[0][-1]

    assert first == "SCAN p"
