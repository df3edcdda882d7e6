from __future__ import annotations

from datetime import date, timedelta

import numpy as np
import pytest
from django.db.models import Sum

from crm.models import Customer
from segments import refresh
from segments.models import CustomerFeatures, ScoringRun, Segment
from segments.value.words import chance, next_purchase
from tests.people import make_customer
from tests.segments.test_value_command import sell
from tests.segments.test_value_refresh import unlike

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 15)


def features(**fields):
    return CustomerFeatures(customer=Customer(), as_of=TODAY, **fields)


def test_the_page_says_what_the_base_is_worth_and_how_that_was_found(staff_client, shop):
    sell(unlike())
    rule = {"all": [{"field": "orders", "op": ">", "value": 3}]}
    for name in ("Often", "Oftener"):
        Segment.objects.create(slug=name.lower(), name=name, rule=rule)
    refresh.run(None)
    total = CustomerFeatures.objects.aggregate(s=Sum("clv"))["s"]

    answer = staff_client.get("/segments/value/")
    page = answer.content.decode()

    card = answer.context["card"]
    assert float(card.total) == pytest.approx(float(total), abs=0.1)
    assert f"{float(total):,.0f}" in page
    assert card.months == 12
    assert [chart.kind for chart in card.charts + card.check] == ["bar", "ranking", "line", "bar", "bar"]
    assert "BG/NBD" in page
    assert "What it cannot know" in page
    assert page.count("data-csv-button") == 5
    assert '<a href="/segments/s/often/">Often</a>' in page
    assert dict(card.parameters)["r"] > 0


def test_where_nobody_will_bring_anything_no_best_tenth_is_shown(staff_client, shop):
    sell(unlike())
    refresh.run(None)
    run = ScoringRun.objects.get(kind=ScoringRun.Kind.VALUE)
    run.result["tenths"] = [{**one, "value": 0.0, "least": 0.0} for one in run.result["tenths"]]
    run.save()

    answer = staff_client.get("/segments/value/")

    assert [chart.kind for chart in answer.context["card"].charts] == []
    assert "best tenth" not in answer.content.decode()


def test_the_segment_page_tells_its_value(staff_client, shop):
    sell(unlike())
    rule = {"all": [{"field": "orders", "op": ">", "value": 3}]}
    Segment.objects.create(slug="often", name="Often", rule=rule)
    refresh.run(None)
    total = CustomerFeatures.objects.filter(orders__gt=3).aggregate(s=Sum("clv"))["s"]

    page = staff_client.get("/segments/s/often/").content.decode()

    assert "Value per buyer" in page
    assert f"{float(total):,.0f}" in page


@pytest.mark.parametrize(
    ("histories", "words"),
    [
        ([[0], [5], [9, 30]], "As soon as 9 more customers buy a second time"),
        ([[0, 7, 14, 21]] * 40, "everybody is expected to go on buying at the average pace"),
    ],
)
def test_too_little_data_is_said_with_what_is_missing(staff_client, shop, histories, words):
    sell(histories)
    refresh.run(None)

    page = staff_client.get("/segments/value/").content.decode()

    assert words in page
    assert "Not everything could be learned" in page
    assert "BG/NBD" not in page


def test_where_drop_out_is_not_identified_the_page_says_what_was_used_instead(staff_client, shop):
    rng = np.random.default_rng(2)
    people = [np.flatnonzero(rng.random(100) < rng.gamma(0.7, 1 / 50)).tolist() or [5] for _ in range(200)]
    sell(people)
    refresh.run(None)

    page = staff_client.get("/segments/value/").content.decode()

    assert "Drop-out is not identified" in page
    assert "Used instead: the NBD model" in page
    assert "without drop-out" in page
    assert "Probably still customers" not in page


def test_before_the_first_refresh_and_without_purchases_the_page_says_so(staff_client, shop):
    before = staff_client.get("/segments/value/").content.decode()
    make_customer()
    refresh.run(None)

    after = staff_client.get("/segments/value/").content.decode()

    assert "Values come with the next refresh" in before
    assert "Nobody has a purchase that counts yet" in after


def test_the_page_needs_few_queries(staff_client, shop, django_assert_max_num_queries):
    rule = {"all": [{"field": "orders", "op": ">", "value": 0}]}
    for n in range(12):
        Segment.objects.create(slug=f"s{n}", name=f"S{n}", rule=rule)
    sell([[0], [5], [9, 30]])
    refresh.run(None)

    with django_assert_max_num_queries(16):
        staff_client.get("/segments/value/")


def test_the_customer_page_says_it_in_plain_words(staff_client, shop):
    person = make_customer()
    first = shop.today() + timedelta(days=400)
    CustomerFeatures.objects.create(
        customer=person,
        as_of=shop.today(),
        clv="61.5",
        alive_chance=0.72,
        expected_orders=3.21,
        next_from=first,
        next_until=first + timedelta(days=20),
    )

    page = staff_client.get(f"/segments/customer/{person.public_id}/").content.decode()

    assert "61.50" in page
    assert "in the next 12 months, 3.2 orders" in page
    assert "7 in 10 like this" in page
    assert "Will probably buy again between" in page


@pytest.mark.parametrize(
    ("share", "words"),
    [(0.99, "almost certainly"), (0.94, "9 in 10"), (0.05, "1 in 10"), (0.01, "hardly")],
)
def test_chances_are_said_in_tens(share, words):
    assert words in chance(share)


@pytest.mark.parametrize(
    ("first", "last", "words"),
    [
        (date(2026, 12, 3), date(2026, 12, 28), "Will probably buy again between 3 Dec 2026 and 28 Dec 2026"),
        (date(2026, 6, 1), date(2026, 7, 8), "Will probably buy again by 8 Jul 2026"),
        (date(2026, 4, 1), date(2026, 5, 8), "Was expected back between 1 Apr 2026 and 8 May 2026"),
        (None, None, ""),
    ],
)
def test_the_next_purchase_is_said_as_a_range_of_days(first, last, words):
    assert next_purchase(features(next_from=first, next_until=last), TODAY) == words


def test_the_list_of_customers_shows_and_narrows_by_value(staff_client, shop):
    for name, value in (("Ada", 80), ("Bob", 20)):
        CustomerFeatures.objects.create(
            customer=make_customer(first_name=name), as_of=shop.today(), clv=value, alive_chance=0.71
        )

    page = staff_client.get("/customers/?clv=50..&columns=name,clv,alive_chance").content.decode()

    assert "Ada" in page
    assert "Bob" not in page
    assert "Expected value" in page


def test_only_one_valuation_is_in_force(staff_client, shop):
    sell([[0], [5], [9, 30]])
    refresh.run(None)
    refresh.run(None)

    assert ScoringRun.objects.filter(kind="value", is_live=True).count() == 1
