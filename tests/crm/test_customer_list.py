from __future__ import annotations

import pytest
from django.http import QueryDict

from crm import customer_list, tagging
from crm.customer_list import Filters
from crm.models import Customer
from crm.paging import Page
from tests.people import NOON, make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db


def listed(query: str) -> Page[Customer]:
    return customer_list.listed(Filters.read(QueryDict(query)), among=Customer.objects.all())


def names(query: str) -> list[str]:
    return [one.last_name for one in listed(query).rows]


def test_every_word_must_match_somewhere():
    make_customer(first_name="Ada", last_name="Byron", email="ada@tea.example", phone="+4930901820")
    make_customer(first_name="Ada", last_name="Clark", email="clark@tea.example")

    assert names("q=ada") == ["Byron", "Clark"]
    assert names("q=ADA+byr") == ["Byron"]
    assert names("q=901820") == ["Byron"]
    assert names("q=nobody") == []


def test_chinese_names_are_found_in_their_own_order():
    make_customer(first_name="丽", last_name="王", email="")

    assert names("q=王丽") == ["王"]


def test_filters_on_country_consent_and_purchases():
    buyer = make_customer(last_name="Buyer", country="Germany")
    make_purchase(buyer)
    make_customer(last_name="Looker", country="France", email_consent="withdrawn")
    returner = make_customer(last_name="Returner", country="", email_consent="unknown")
    make_refund(make_purchase(returner, 5), 5)
    make_customer(last_name="Zero", email="", country="France")

    assert names("country=Germany") == ["Buyer"]
    assert names("country=-") == ["Returner"]
    assert names("consent=withdrawn") == ["Looker"]
    assert names("consent=reachable") == ["Buyer"]
    assert names("bought=yes") == ["Buyer"]
    assert names("bought=never") == ["Looker", "Returner", "Zero"]


def test_filter_on_a_tag_whatever_its_case():
    tagging.add(make_customer(last_name="Tagged"), "VIP", at=NOON)
    make_customer(last_name="Plain")

    assert names("tag=vip") == ["Tagged"]


def test_unknown_values_are_as_if_absent():
    make_customer(last_name="Only")

    assert names("consent=perhaps&bought=maybe&sort=random&after=%25") == ["Only"]
    assert Filters.read(QueryDict("consent=perhaps&sort=name")).query() == ""


def test_newest_first():
    make_customer(last_name="Old", created_on="2020-01-01")
    make_customer(last_name="New", created_on="2026-01-01")

    assert names("sort=newest") == ["New", "Old"]


def test_neighbours_stand_beside_each_other_in_the_filtered_list():
    first, middle, last = (make_customer(last_name=name, country="Germany") for name in "ACE")
    make_customer(last_name="B", country="France")
    make_customer(last_name="D", country="France")
    filters, everybody = Filters.read("country=Germany"), Customer.objects.all()

    assert customer_list.neighbours(filters, middle, among=everybody) == (first, last)
    assert customer_list.neighbours(filters, first, among=everybody) == (None, middle)
    assert customer_list.neighbours(filters, last, among=everybody) == (middle, None)


def test_counting_stops_where_it_would_get_slow(monkeypatch):
    monkeypatch.setattr(customer_list, "MANY", 3)
    for _ in range(6):
        make_customer()

    assert customer_list.count_capped(Filters(), among=Customer.objects.all()) == 4


def test_chips_say_what_is_filtered_and_drop_one_filter_each():
    chips = Filters.read("q=ada&country=Germany&sort=newest").chips()

    assert [(one.words, one.rest) for one in chips] == [
        ("Contains “ada”", "country=Germany&sort=-created_on"),
        ("Country: Germany", "q=ada&sort=-created_on"),
    ]
