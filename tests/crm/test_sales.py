from __future__ import annotations

from decimal import Decimal

import pytest

from crm import sales
from crm.errors import Refusal
from crm.models import Product, Purchase, PurchaseLine, Refund
from tests.people import NOON, make_customer, make_product, make_purchase

pytestmark = pytest.mark.django_db


def sell(customer, *lines, key="k1"):
    drafts = [sales.Line(name, Decimal(quantity), Decimal(price)) for name, quantity, price in lines]
    return sales.sell(customer, drafts, key=key, at=NOON, currency="EUR")


def test_a_counter_sale_has_its_lines_and_its_sum():
    customer = make_customer()

    order = sell(customer, ("Sencha", "2", "8.50"), ("Pot", "1", "40"))

    assert (order.customer, order.charged, order.channel) == (customer, Decimal("57.00"), "counter")
    assert [(one.product.name, one.amount) for one in order.lines.order_by("pk")] == [
        ("Sencha", Decimal(17)),
        ("Pot", Decimal(40)),
    ]


def test_the_same_sale_sent_twice_is_one_sale():
    customer = make_customer()

    first, second = sell(customer, ("Sencha", "1", "8")), sell(customer, ("Sencha", "1", "8"))

    assert first == second
    assert (Purchase.objects.count(), PurchaseLine.objects.count()) == (1, 1)


def test_two_equal_lines_are_two_lines():
    order = sell(make_customer(), ("Sencha", "1", "8"), ("Sencha", "1", "8"))

    assert order.lines.count() == 2


def test_products_are_found_by_number_or_name_whatever_the_case():
    known = make_product("Green tea", sku="GT-1")

    order = sell(make_customer(), ("gt-1", "1", "5"), ("GREEN  tea", "1", "5"), ("Mystery", "1", "5"))

    assert [line.product for line in order.lines.order_by("pk")][:2] == [known, known]
    assert Product.objects.get(name="Mystery").price == 5


def test_a_refund_is_kept_on_both_sides():
    order = make_purchase(make_customer(), 20)

    refund = sales.refund(order, Decimal("7.50"), key="r1", at=NOON)

    order.refresh_from_db()
    assert (order.refunded, refund.amount, refund.customer) == (
        Decimal("7.5"),
        Decimal("7.5"),
        order.customer,
    )


def test_no_more_is_given_back_than_was_charged():
    order = make_purchase(make_customer(), 20)
    sales.refund(order, Decimal(15), key="r1", at=NOON)

    with pytest.raises(Refusal):
        sales.refund(order, Decimal("5.01"), key="r2", at=NOON)  # The object in hand is stale on purpose.

    order.refresh_from_db()
    assert order.refunded == 15
    assert Refund.objects.count() == 1


def test_the_same_refund_sent_twice_is_one_refund():
    order = make_purchase(make_customer(), 20)

    sales.refund(order, Decimal(8), key="r1", at=NOON)
    sales.refund(order, Decimal(8), key="r1", at=NOON)

    order.refresh_from_db()
    assert order.refunded == 8
