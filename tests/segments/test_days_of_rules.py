"""The edges of days that random shops meet too rarely."""

from __future__ import annotations

from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import pytest

from crm.models import Customer
from segments.rules import compare
from segments.rules.compile import to_q
from segments.rules.moment import Moment
from segments.rules.parsing import parse
from tests.people import make_customer, make_purchase


@pytest.mark.parametrize(
    ("today", "falls"), [(date(2023, 2, 28), True), (date(2024, 2, 28), False), (date(2024, 2, 29), True)]
)
def test_29_february_is_kept_on_the_28th_of_other_years(today, falls):
    assert ("02-29" in compare.anniversaries(today, 1)) is falls


@pytest.mark.parametrize(
    ("today", "latest"),
    [
        (date(2023, 2, 28), date(2000, 2, 29)),
        (date(2023, 2, 27), date(2000, 2, 27)),
        (date(2023, 3, 1), date(2000, 3, 1)),
    ],
)
def test_people_of_29_february_grow_older_on_that_day(today, latest):
    assert compare.years_ago(today, 23) == latest


@pytest.mark.django_db
def test_in_the_last_seven_days_is_today_and_the_six_before():
    zone = ZoneInfo("Asia/Shanghai")
    inside, outside = make_customer(), make_customer()
    make_purchase(inside, at=datetime(2026, 6, 8, 16, 0, tzinfo=UTC))  # Midnight of 9 June in the shop.
    make_purchase(outside, at=datetime(2026, 6, 8, 15, 59, tzinfo=UTC))

    node = parse({"did": "purchase", "within_days": 7})
    found = Customer.objects.filter(to_q(node, Moment(date(2026, 6, 15), zone)))

    assert list(found) == [inside]


@pytest.mark.django_db
@pytest.mark.parametrize(("days", "found"), [(1, []), (6, []), (7, ["Ann"]), (8, ["Ann", "Ben"])])
def test_a_date_in_the_last_days_counts_today_as_the_first(days, found):
    make_customer(first_name="Ann", created_on=date(2026, 6, 9))
    make_customer(first_name="Ben", created_on=date(2026, 6, 8))
    make_customer(first_name="Cleo", created_on=date(2026, 6, 16))  # Tomorrow.

    node = parse({"field": "created_on", "op": "in_last_days", "value": days})
    people = Customer.objects.filter(to_q(node, Moment(date(2026, 6, 15), ZoneInfo("UTC"))))

    assert sorted(one.first_name for one in people) == found
