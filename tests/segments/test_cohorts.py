from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal

import numpy as np
import pytest

from crm.models import Business, Refund
from segments import features
from segments.measures import cohorts, kept
from segments.models import CustomerFeatures, KeptFigures
from segments.numerics import cohorts as numerics
from tests.people import make_customer, make_purchase, make_refund

JUNE = date(2026, 6, 15)


def at(month: int, day: int, hour: int = 12) -> datetime:
    return datetime(2026, month, day, hour, tzinfo=UTC)


def test_shares_averages_and_value_as_computed_by_hand():
    # Ten came in period 1: 4 again in period 2, 2 in the running period 3. Five came in 2, 1 of them in 3.
    cells = [
        (1, 1, 10, 100.0),
        (1, 2, 4, 40.0),
        (1, 3, 2, 10.0),
        (2, 2, 5, 80.0),
        (2, 3, 1, 5.0),
        (3, 3, 7, 70.0),
    ]

    found = numerics.build(cells, now=3, is_over=False, shown=12)

    np.testing.assert_allclose(found.retention, [[1, 0.4, 0.2], [1, 0.2, np.nan], [1, np.nan, np.nan]])
    np.testing.assert_allclose(found.value, [[10, 14, 15], [16, 17, np.nan], [10, np.nan, np.nan]])
    np.testing.assert_array_equal(found.running.nonzero(), [[0, 1, 2], [2, 1, 0]])
    np.testing.assert_allclose(found.average_retention(), [1, 0.4, np.nan])
    np.testing.assert_allclose(found.chances(), [15, 10, 0])
    np.testing.assert_allclose(found.average_value(), [12, 16, np.nan])


def test_a_period_that_is_over_counts_in_full_and_old_cohorts_stay_out():
    cells = [(1, 1, 10, 1.0), (2, 2, 4, 1.0), (2, 3, 1, 1.0)]

    found = numerics.build(cells, now=3, is_over=True, shown=2)

    assert found.first.tolist() == [2]
    np.testing.assert_allclose(found.average_retention(), [1, 0.25])
    assert numerics.build([], now=3, is_over=True, shown=2).people.shape == (0, 1)


@pytest.mark.django_db
def test_cohorts_count_people_and_net_money_as_the_features_do(shop):
    ada, ben, eve = (make_customer() for _ in range(3))
    make_purchase(ada, 30, at=at(3, 5))
    make_purchase(ada, 20, at=at(3, 9))  # The same month: one person still.
    make_refund(make_purchase(ada, 50, at=at(4, 2)), 10, at=at(6, 1))
    make_purchase(ben, 40, at=at(3, 31, hour=23))
    make_refund(make_purchase(ben, 99, at=at(5, 1)), 99, at=at(5, 2))  # Given back: nobody came.
    make_purchase(eve, 7, at=at(4, 1), status="cancelled")
    make_purchase(eve, 15, at=at(6, 2))
    make_purchase(eve, 15, at=at(6, 16))  # After the day.
    Refund.objects.create(key="loose", customer=eve, amount=5, refunded_at=at(6, 3))
    make_purchase(None, 1000, at=at(6, 2))

    found = cohorts.cells(JUNE, shop, "month")

    march = 2026 * 12 + 2
    assert found == [
        [march, march, 2, 90.0],
        [march, march + 1, 1, 40.0],
        [march, march + 2, 0, 0.0],
        [march + 3, march + 3, 1, 10.0],
    ]
    features.rebuild(JUNE, business=shop)
    total = sum(CustomerFeatures.objects.values_list("revenue", flat=True), Decimal(0))
    assert sum(row[3] for row in found) == float(total)


@pytest.mark.parametrize(("today", "is_running"), [(date(2026, 6, 30), True), (date(2026, 7, 1), False)])
def test_the_last_day_of_a_month_still_runs_while_it_is_today(today, is_running):
    june = 2026 * 12 + 5

    found = cohorts.build([[june, june, 3, 9.0]], date(2026, 6, 30), "month", today)

    assert found.running.any() == is_running


@pytest.mark.django_db
def test_months_and_weeks_are_those_of_the_shop(shop):
    Business.objects.update(time_zone="Asia/Shanghai")
    make_purchase(make_customer(), at=at(5, 31, hour=20))  # The first of June there, a Monday.

    months = cohorts.cells(JUNE, Business.current(), "month")
    weeks = cohorts.cells(JUNE, Business.current(), "week")

    assert months == [[2026 * 12 + 5, 2026 * 12 + 5, 1, 20.0]]
    week = (date(2026, 6, 1) - date(1970, 1, 5)).days // 7
    assert weeks == [[week, week, 1, 20.0]]


@pytest.mark.django_db
def test_each_cell_leads_to_exactly_its_people(staff_client, shop):
    for name, days in (("Again", [(3, 5), (4, 5)]), ("Once", [(3, 6)]), ("Later", [(4, 6)])):
        customer = make_customer(last_name=name)
        for month, day in days:
            make_purchase(customer, at=at(month, day))
    shop.analyse_as_of, shop.analyse_on = "fixed", JUNE
    shop.save()
    features.rebuild(JUNE, business=shop)

    page = staff_client.get("/segments/measures/cohorts/").text
    people = staff_client.get("/segments/people/?cohort=2026-03-01&by=month&from=2026-04-01&to=2026-04-30")

    assert "50.0% of new customers" not in page  # Two cohorts are through with it: 1 of 3.
    assert "33.3% of new customers bought again in the month after their first" in page
    assert "cohort=2026-03-01&amp;by=month&amp;from=2026-04-01&amp;to=2026-04-30" in page
    assert [one.customer.last_name for one in people.context["page"].rows] == ["Again"]
    assert 'href="/segments/measures/words/#cohort"' in page
    assert 'id="cohort"' in staff_client.get("/segments/measures/words/").text
    for wrong in ("?cohort=x&by=month", "?cohort=2026-03-01&by=age", "?cohort=2026-03-01&by=week&from=no"):
        assert staff_client.get(f"/segments/people/{wrong}").status_code == 404


@pytest.mark.django_db
@pytest.mark.parametrize("show", ["share", "people", "money", "value"])
def test_an_empty_shop_and_a_young_one_say_what_is_missing(staff_client, shop, show):
    empty = staff_client.get(f"/segments/measures/cohorts/?show={show}&by=week").text
    make_purchase(make_customer(), at=datetime.now(UTC))
    young = staff_client.get(f"/segments/measures/cohorts/?show={show}&by=week").text

    assert "No cohorts yet" in empty
    assert "Nobody has had a whole period to come back yet" in young
    assert "ck-few" in young


@pytest.mark.django_db
def test_a_large_shop_keeps_its_figures_until_the_next_refresh(shop, monkeypatch):
    monkeypatch.setattr(kept, "LIVE_UP_TO", 0)
    make_purchase(make_customer(), 10, at=at(6, 1))
    before = kept.figures("cohorts.month", shop, JUNE)
    make_purchase(make_customer(), 10, at=at(6, 2))

    assert kept.figures("cohorts.month", shop, JUNE).data == before.data
    shop.analyse_as_of, shop.analyse_on = "fixed", JUNE
    shop.save()
    kept.count_all()
    assert kept.figures("cohorts.month", shop, JUNE).data[0][2:] == [2, 20.0]
    monkeypatch.setattr(kept, "LIVE_UP_TO", 10**9)
    kept.count_all()
    assert not KeptFigures.objects.exists()
