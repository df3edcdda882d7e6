from __future__ import annotations

from datetime import date

import pytest
from django.core.management import CommandError, call_command
from django.db.models import Count, Sum

from crm import synthetic
from crm.models import Customer, Product, Purchase, PurchaseLine
from tests.people import make_customer, make_product

TODAY = date(2026, 6, 15)


@pytest.mark.django_db
def test_it_makes_exactly_the_rows_that_were_asked_for():
    synthetic.fill(customers=200, lines=3000, seed=1, today=TODAY)

    assert Customer.objects.count() == 200
    assert PurchaseLine.objects.count() == 3000
    assert 700 < Purchase.objects.count() < 1000


@pytest.mark.parametrize("asked", [("-1", "5"), ("5", "-1"), ("0", "5")])
def test_what_cannot_be_made_is_wrong_usage(asked):
    with pytest.raises(CommandError) as failed:
        call_command("make_synthetic", "--customers", asked[0], "--purchases", asked[1])

    assert failed.value.returncode == 2


@pytest.mark.django_db
def test_what_was_charged_is_the_sum_of_the_lines():
    synthetic.fill(customers=20, lines=300, seed=1, today=TODAY)

    for purchase in Purchase.objects.annotate(sum=Sum("lines__amount")):
        assert purchase.charged == purchase.sum


@pytest.mark.django_db
def test_few_customers_buy_much_and_nobody_buys_before_joining_or_tomorrow():
    synthetic.fill(customers=400, lines=4000, seed=1, today=TODAY)

    orders = sorted(Customer.objects.annotate(n=Count("purchases")).values_list("n", flat=True))
    assert sum(orders[-40:]) > sum(orders) / 4
    for purchase in Purchase.objects.select_related("customer"):
        assert purchase.bought_at.date() < TODAY
        assert (purchase.bought_at.date() - purchase.customer.created_on).days >= 0


@pytest.mark.django_db
def test_a_second_helping_comes_on_top_and_ordinary_rows_can_follow():
    make_customer()
    make_product()

    synthetic.fill(customers=5, lines=20, seed=1, today=TODAY)
    synthetic.fill(customers=5, lines=20, seed=2, today=TODAY)
    make_customer()

    assert Customer.objects.count() == 12
    assert Product.objects.count() == 1001
