from __future__ import annotations

from datetime import UTC, date, datetime, timedelta

import pytest

from crm.models import Refund
from segments.measures import series
from segments.models import Membership, Segment
from tests.people import make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 20)


def at(month: int, day: int) -> datetime:
    return datetime(2026, month, day, 12, tzinfo=UTC)


def sell_each_month(count: int, *, first: int = 0) -> None:
    for n in range(count):
        number = 2026 * 12 + 5 - count + n
        moment = datetime(number // 12, number % 12 + 1, 2 if n or not first else first, tzinfo=UTC)
        make_purchase(None, 100 + n % 12 + n % 5, at=moment)


def test_sales_are_net_in_the_period_and_only_whole_periods_count(shop):
    make_purchase(None, 7, at=at(1, 20))  # January has no beginning.
    make_refund(make_purchase(None, 50, at=at(2, 3)), 20, at=at(4, 1))
    make_purchase(None, 10, at=at(4, 30))
    make_purchase(None, 9, at=at(4, 30), status="cancelled")
    make_refund(make_purchase(None, 30, at=at(5, 1)), 30, at=at(5, 2))
    Refund.objects.create(key="loose", amount=1, refunded_at=at(5, 3))
    make_purchase(None, 99, at=at(6, 1))  # June is running.

    revenue, orders = (series.sales(shop, DAY, "month", what) for what in ("revenue", "orders"))

    assert revenue.names() == ["Feb 2026", "Mar 2026", "Apr 2026", "May 2026"]
    assert revenue.values == [50, 0, -10, -1]
    assert orders.values == [1, 0, 1, 0]


def test_the_last_day_of_a_month_or_week_is_not_over_while_it_is_today(shop, monkeypatch):
    make_purchase(None, 7, at=at(3, 1))
    make_purchase(None, 9, at=at(5, 31))  # A Sunday.
    ends = date(2026, 5, 31)
    found = {}
    for today in (ends, ends + timedelta(days=1)):
        monkeypatch.setattr(type(shop), "today", lambda _self, at=None, day=today: at.date() if at else day)
        found[today] = [series.sales(shop, ends, by, "revenue").names()[-1] for by in ("month", "week")]

    assert found == {ends: ["Apr 2026", "18 May 2026"], today: ["May 2026", "25 May 2026"]}


def test_a_segment_is_counted_at_the_end_of_each_week(shop):
    segment = Segment.objects.create(slug="s", name="S", kind="static")
    for entered, left in ((at(6, 1), None), (at(6, 3), at(6, 9)), (at(6, 14), None), (at(6, 16), None)):
        Membership.objects.create(segment=segment, customer=make_customer(), entered_at=entered, left_at=left)

    found = series.members(segment, shop, DAY)

    assert found.values == [2, 2]  # Weeks of 1 and 8 June; that of 15 June is running.


@pytest.mark.parametrize(
    ("months", "said"),
    [
        (3, "5 more, and it begins"),
        (9, "too short to try methods"),
        (14, "10 more months. Until then the forecast knows of no Christmas"),
        (30, "Its error was"),
    ],
)
def test_the_page_says_what_the_past_allows(staff_client, shop, months, said):
    shop.analyse_as_of, shop.analyse_on = "fixed", DAY
    shop.save()
    sell_each_month(months)

    page = staff_client.get("/segments/measures/forecast/").text

    assert said in " ".join(page.split())
    assert ("knows of no Christmas" in page) == (3 < months < 24)


def test_segments_and_odd_questions_have_a_page(staff_client, shop):
    segment = Segment.objects.create(slug="s", name="Friends", kind="static")
    start = datetime.now(UTC) - timedelta(weeks=20)
    for n in range(18):
        Membership.objects.create(
            segment=segment, customer=make_customer(), entered_at=start + timedelta(weeks=n)
        )

    page = staff_client.get("/segments/measures/forecast/?what=s")

    assert page.context["card"].chart.kind == "forecast"
    assert "At most (95%)" in page.text
    assert staff_client.get("/segments/measures/forecast/?what=nothing&by=age").context["what"] == "revenue"
