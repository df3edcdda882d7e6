"""Segments ask what runs, of what, and what renews soon."""

from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crm.models import Business
from segments import audience
from segments.rules.fields import FIELDS
from tests.crm.test_subscriptions import subscribe
from tests.people import make_customer, make_product

pytestmark = pytest.mark.django_db


def found(*conditions):
    names = ("field", "op", "value")
    rule = {"all": [dict(zip(names, one, strict=False)) for one in conditions]}
    return set(audience.live(rule))


def subscribers():
    """Who renews when, in days: late, today, in two weeks, in a month; one paused, one without."""
    today = Business.current().today(timezone.now())
    box = make_product("Tea box")
    people = {
        days: subscribe(make_customer(), today + timedelta(days=days), product=box).customer
        for days in (-2, 0, 14, 30)
    }
    paused = make_customer()
    subscribe(paused, today + timedelta(days=3), state="paused")
    return people, paused, make_customer()


def test_who_renews_in_the_next_two_weeks():
    people, _paused, _without = subscribers()
    days = "subscription.renews_in_days"

    assert found((days, "between", [0, 14])) == {people[0], people[14]}
    assert found((days, "<", 0)) == {people[-2]}
    assert found((days, "<=", 14)) == {people[-2], people[0], people[14]}
    assert found((days, ">", 14)) == {people[30]}
    assert found((days, "is", 14)) == {people[14]}
    assert found((days, "known")) == set(people.values())


def test_what_runs_and_of_what():
    people, paused, without = subscribers()

    assert found(("subscription.status", "is", "paused")) == {paused}
    assert found(("subscription.status", "known")) == {*people.values(), paused}
    assert found(("subscription.status", "unknown")) == {without}
    assert found(("subscription.status", "is_not", "active")) == {paused, without}
    assert found(("subscription.product", "contains", "box")) == set(people.values())
    assert dict(FIELDS["subscription.status"].values).keys() == {"active", "paused", "cancelled", "ended"}
