"""Who bought what in which order, as recommendations read it."""

from __future__ import annotations

from datetime import timedelta

import pytest

from segments.recommending import baskets
from tests.people import NOON, make_customer, make_product, make_purchase

pytestmark = pytest.mark.django_db


def orders() -> set[frozenset[int]]:
    lines = baskets.read()
    found: dict[int, set[int]] = {}
    for order, product in zip(lines.orders.tolist(), lines.products.tolist(), strict=True):
        assert product not in found.setdefault(order, set())
        found[order].add(product)
    return {frozenset(one) for one in found.values()}


def test_where_a_file_names_no_orders_a_day_of_a_customer_is_one(shop):
    ada, ben = make_customer(), make_customer()
    milk, bread, tea = (make_product(name) for name in ("Milk", "Bread", "Tea"))
    for place, (who, product, hours) in enumerate(
        [(ada, milk, 0), (ada, bread, 1), (ada, milk, 2), (ada, tea, 24), (ben, tea, 0), (None, milk, 0)]
    ):
        at = NOON + timedelta(hours=hours)
        make_purchase(who, product=product, at=at, key=f"row:{place}:1", number="")

    found = orders()

    assert found == {frozenset({milk.pk, bread.pk}), frozenset({tea.pk}), frozenset({milk.pk})}
    assert len(set(baskets.read().orders.tolist())) == 4


def test_orders_with_a_number_and_sales_at_the_counter_stay_apart(shop):
    ada = make_customer()
    milk, bread = make_product("Milk"), make_product("Bread")
    make_purchase(ada, product=milk)
    make_purchase(ada, product=bread, key="till:1", number="")

    assert orders() == {frozenset({milk.pk}), frozenset({bread.pk})}
