"""Examples of rules, counted on the shop's own customers."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import Business
from segments import audience, refresh
from segments.rules.starters import STARTERS, counted
from tests.people import make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db


def test_each_example_is_counted_as_its_rule_finds(django_assert_max_num_queries):
    now = timezone.now()
    make_customer(birth_date=(now + timedelta(days=3)).date().replace(year=1990))
    once, often = make_customer(), make_customer()
    make_purchase(once, at=now - timedelta(days=3))
    for days in (300, 290, 100):
        sale = make_purchase(often, at=now - timedelta(days=days))
        make_refund(sale, 5, at=now - timedelta(days=days))
    refresh.run(None, only=["features"])

    with django_assert_max_num_queries(10):
        found = {one.key: count for one, count in counted(Business.current())}

    assert found == {key: audience.live(one.rule).count() for key, one in STARTERS.items()}
    some = ("birthday", "once", "new", "lapsing", "never", "returns")
    assert [found[key] for key in some] == [1, 1, 1, 1, 1, 1]


def test_an_example_is_chosen_by_its_count_and_opens_to_be_changed(staff_client):
    make_customer()

    cards = staff_client.get("/segments/new/examples/", headers={"HX-Request": "true"}).text
    builder = staff_client.get("/segments/new/", {"start": "never"}).text

    assert "<html" not in cards
    assert "Subscribers who never bought" in cards
    assert " ".join(cards.split()).count("<span>1 customer</span>") == 1
    assert 'value="did:purchase" selected' in builder
    assert 'hx-get="/segments/new/examples/"' in staff_client.get("/segments/new/").text
