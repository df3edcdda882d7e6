from __future__ import annotations

from datetime import UTC, date, datetime
from decimal import Decimal
from zoneinfo import ZoneInfo

import pytest

from campaigns.home import periods
from crm.models import ImportBatch
from tests.people import make_customer, make_purchase, make_refund

SHANGHAI = ZoneInfo("Asia/Shanghai")
JUNE = periods.month_of(date(2026, 6, 15), ZoneInfo("UTC"))


def seen(period):
    found = periods.sold(period)
    return found.new, found.again


def test_a_month_begins_at_midnight_of_the_shop():
    june = periods.month_of(date(2026, 6, 15), SHANGHAI)

    assert june.start == datetime(2026, 5, 31, 16, tzinfo=UTC)
    assert june.end == datetime(2026, 6, 30, 16, tzinfo=UTC)


def test_going_back_crosses_the_year():
    assert periods.month_of(date(2026, 1, 31), ZoneInfo("UTC"), 1).start == datetime(2025, 12, 1, tzinfo=UTC)
    assert periods.month_of(date(2026, 1, 31), ZoneInfo("UTC"), 13).start == datetime(2024, 12, 1, tzinfo=UTC)


def test_this_month_so_far_is_compared_with_the_same_days():
    this, last = periods.so_far(datetime(2026, 6, 15, 12, tzinfo=UTC), ZoneInfo("UTC"))

    assert this.start == datetime(2026, 6, 1, tzinfo=UTC)
    assert last.start == datetime(2026, 5, 1, tzinfo=UTC)
    assert last.end == datetime(2026, 5, 15, 12, tzinfo=UTC)


def test_a_short_month_before_ends_at_its_end():
    _, last = periods.so_far(datetime(2026, 3, 31, 12, tzinfo=UTC), ZoneInfo("UTC"))

    assert last.end == datetime(2026, 3, 1, tzinfo=UTC)


@pytest.mark.django_db
def test_revenue_is_what_was_charged_less_what_was_given_back():
    anna = make_customer()
    make_purchase(anna, 50, at=datetime(2026, 6, 2, tzinfo=UTC))
    make_purchase(None, 10, at=datetime(2026, 6, 30, 23, tzinfo=UTC))
    make_purchase(anna, 99, at=datetime(2026, 7, 1, tzinfo=UTC))
    cancelled = make_purchase(anna, 70, at=datetime(2026, 6, 3, tzinfo=UTC), status="cancelled")
    make_refund(cancelled, 70, at=datetime(2026, 6, 4, tzinfo=UTC))
    old = make_purchase(anna, 30, at=datetime(2026, 5, 3, tzinfo=UTC))
    make_refund(old, 5, at=datetime(2026, 6, 4, tzinfo=UTC))

    assert periods.sold(JUNE).revenue == Decimal(55)


@pytest.mark.django_db
def test_new_are_those_who_had_never_bought_before():
    new, old, gone = make_customer(), make_customer(), make_customer()
    make_purchase(new, at=datetime(2026, 6, 2, tzinfo=UTC))
    make_purchase(new, at=datetime(2026, 6, 9, tzinfo=UTC))
    make_purchase(old, at=datetime(2026, 5, 2, tzinfo=UTC))
    make_purchase(old, at=datetime(2026, 6, 2, tzinfo=UTC))
    make_purchase(gone, at=datetime(2026, 5, 2, tzinfo=UTC))
    make_purchase(None, at=datetime(2026, 6, 2, tzinfo=UTC))

    assert seen(JUNE) == (1, 1)


@pytest.mark.django_db
def test_somebody_whose_first_order_was_given_back_whole_is_new_the_second_time():
    anna = make_customer()
    first = make_purchase(anna, 20, at=datetime(2026, 5, 2, tzinfo=UTC))
    make_refund(first, 20, at=datetime(2026, 5, 3, tzinfo=UTC))
    make_purchase(anna, at=datetime(2026, 6, 2, tzinfo=UTC))

    assert seen(JUNE) == (1, 0)


@pytest.mark.django_db
def test_a_figure_is_remembered_until_something_is_sold():
    calls = []

    def count() -> int:
        calls.append(1)
        return len(calls)

    periods.remembered("x", count)
    assert periods.remembered("x", count) == 1
    make_purchase(None)

    assert periods.remembered("x", count) == 2


@pytest.mark.django_db
def test_several_periods_are_told_apart():
    anna = make_customer()
    make_purchase(anna, 7, at=datetime(2026, 5, 2, tzinfo=UTC))
    make_purchase(anna, 9, at=datetime(2026, 6, 2, tzinfo=UTC))

    may = periods.sold(periods.month_of(date(2026, 5, 1), ZoneInfo("UTC")))
    june = periods.sold(JUNE)

    assert (may.revenue, may.new, may.again) == (7, 1, 0)
    assert (june.revenue, june.new, june.again) == (9, 0, 1)


@pytest.mark.django_db
def test_a_month_that_is_over_is_counted_again_after_an_import():
    now = datetime(2026, 7, 2, tzinfo=UTC)
    periods.remembered_month(JUNE, now)
    make_purchase(None, 30, at=datetime(2026, 6, 2, tzinfo=UTC))
    kept = periods.remembered_month(JUNE, now)

    ImportBatch.objects.create(kind="purchases", file_name="x", state="done", finished_at=now)

    assert kept.revenue == 0
    assert periods.remembered_month(JUNE, now).revenue == 30
