from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest

from crm.figures import Figures, figures_of
from tests.people import NOON, make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db


def test_figures_are_net_and_count_only_orders_that_still_stand():
    customer = make_customer()
    make_purchase(customer, 30, at=NOON - timedelta(days=9))
    partly = make_purchase(customer, 50, at=NOON - timedelta(days=2))
    make_refund(partly, 10)
    returned = make_purchase(customer, 99, at=NOON)
    make_refund(returned, 99)
    make_purchase(customer, 500, at=NOON, status="cancelled")

    figures = figures_of([customer.pk])[customer.pk]

    assert (figures.orders, figures.revenue, figures.refunds) == (2, Decimal(70), Decimal(109))
    assert figures.average_order == Decimal(35)
    assert figures.first_at == NOON - timedelta(days=9)
    assert figures.last_at == NOON - timedelta(days=2)


def test_somebody_without_purchases_has_empty_figures():
    customer = make_customer()

    assert figures_of([customer.pk])[customer.pk] == Figures()
    assert figures_of([customer.pk])[customer.pk].average_order is None


def test_two_queries_serve_a_whole_page(django_assert_num_queries):
    people = [make_customer() for _ in range(12)]
    for one in people:
        make_purchase(one)

    with django_assert_num_queries(2):
        found = figures_of(one.pk for one in people)

    assert {figures.orders for figures in found.values()} == {1}


def test_money_given_back_for_a_cancelled_order_is_no_loss():
    customer = make_customer()
    make_purchase(customer, 30)
    cancelled = make_purchase(customer, 500, status="cancelled")
    make_refund(cancelled, 500)

    figures = figures_of([customer.pk])[customer.pk]

    assert (figures.revenue, figures.refunds) == (Decimal(30), Decimal(0))
