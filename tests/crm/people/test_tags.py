from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crm import fading, interests, tagging
from crm.models import Business, Customer, CustomerTag, CustomField, Interest, Tag
from segments.rules import parsing
from segments.rules.compile import to_q
from segments.rules.moment import Moment
from tests.people import NOON, make_customer, make_product, make_purchase

pytestmark = pytest.mark.django_db
TODAY = NOON.date()


def found(rule: dict, day: date = TODAY) -> set[Customer]:
    moment = Moment(day, Business.current().zone)
    return set(Customer.objects.filter(to_q(parsing.parse(rule), moment)))


@pytest.mark.parametrize(("days", "weight"), [(0, 80), (15, 57), (30, 40), (60, 20), (300, 0)])
def test_a_weight_halves_with_each_half_life(shop, days, weight):
    person, tag = make_customer(), Tag.objects.create(name="Tea", half_life_days=30)
    CustomerTag.objects.create(customer=person, tag=tag, weight=80, tagged_at=NOON - timedelta(days=days))

    use = fading.weighed(fading.end_of(TODAY, shop.zone)).get()

    assert use.now == weight


def test_without_a_half_life_a_weight_stays(shop):
    tag = Tag.objects.create(name="Tea")
    CustomerTag.objects.create(customer=make_customer(), tag=tag, weight=80, tagged_at=NOON - timedelta(999))

    assert fading.weighed(fading.end_of(TODAY, shop.zone)).get().now == 80


def test_a_rule_asks_for_the_weight_of_the_day(shop):
    person, tag = make_customer(), Tag.objects.create(name="Tea", half_life_days=30)
    CustomerTag.objects.create(customer=person, tag=tag, weight=80, tagged_at=NOON)
    rule = {"all": [{"field": "tag.Tea", "op": ">=", "value": 40}]}

    assert found(rule, TODAY + timedelta(days=30)) == {person}
    assert found(rule, TODAY + timedelta(days=31)) == set()


def test_merging_keeps_the_heavier_of_two(shop):
    both, one = make_customer(), make_customer()
    old, new = Tag.objects.create(name="Old"), Tag.objects.create(name="New")
    CustomerTag.objects.create(customer=both, tag=old, weight=90, reason="said so")
    CustomerTag.objects.create(customer=both, tag=new, weight=10)
    CustomerTag.objects.create(customer=one, tag=old, weight=30)

    count = tagging.merge(old, new)

    uses = {use.customer_id: (use.weight, use.reason) for use in CustomerTag.objects.filter(tag=new)}
    assert (count, uses) == (2, {both.pk: (90, "said so"), one.pk: (30, "")})
    assert not Tag.objects.filter(name="Old").exists()


def test_interest_follows_orders_and_their_age(shop):
    today, twice, old = make_customer(), make_customer(), make_customer()
    tea = make_product()
    make_purchase(today, at=NOON, product=tea)
    make_purchase(twice, at=NOON, product=tea)
    make_purchase(twice, at=NOON, product=tea)
    make_purchase(old, at=NOON - timedelta(days=90), product=tea)

    interests.refresh(NOON)

    weights = dict(CustomerTag.objects.filter(tag__name="interest:Tea").values_list("customer", "weight"))
    assert weights == {today.pk: 50, twice.pk: 75, old.pk: 29}  # 100 × (1 − ½^1), (1 − ½^2), (1 − ½^½).
    said = interests.say(CustomerTag.objects.get(customer=twice).reason)
    assert said == "bought it 2 times, last on 15 Jun 2026"


def test_a_category_that_is_switched_off_takes_its_tags_but_not_those_of_people(shop):
    person, other = make_customer(), make_customer()
    make_purchase(person, at=NOON)
    interests.refresh(NOON)
    interest = Interest.objects.get(category="Tea")
    tagging.add(other, "interest:tea", at=NOON)

    interests.switch(interest, on=False)

    assert [use.customer for use in CustomerTag.objects.all()] == [other]


def test_the_page_of_tags_asks_as_much_for_many_as_for_few(staff_client, django_assert_max_num_queries):
    for n in range(12):
        CustomerTag.objects.create(customer=make_customer(), tag=Tag.objects.create(name=f"T{n}"))

    with django_assert_max_num_queries(12):
        page = staff_client.get("/customers/tags/")

    assert page.status_code == 200


def test_rules_compare_several_choices_and_moments(shop):
    CustomField.objects.create(key="likes", label="Likes", kind="choices", choices=["Tea", "Cake"])
    CustomField.objects.create(key="visit", label="Visit", kind="date_time")
    both = make_customer(custom={"likes": ["Tea", "Cake"], "visit": "2026-06-15T14:30"})
    tea = make_customer(custom={"likes": ["Tea"]})
    none = make_customer()

    def asked(field: str, op: str, value: object) -> set[Customer]:
        return found({"all": [{"field": field, "op": op, "value": value}]})

    assert asked("custom.likes", "is", "Cake") == {both}
    assert asked("custom.likes", "in", ["Tea", "Cake"]) == {both, tea}
    assert asked("custom.likes", "is_not", "Cake") == {tea, none}
    assert asked("custom.visit", "is", "2026-06-15") == {both}
    assert asked("custom.visit", "before", "2026-06-15") == set()
    assert datetime(2026, 6, 15, tzinfo=UTC).date() == TODAY
