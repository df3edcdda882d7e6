from __future__ import annotations

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal

import pytest

from crm import ledger
from crm.models import Business, Customer, Interaction, Purchase, Refund
from segments import features
from segments.models import CustomerFeatures, ScoringRun
from segments.shadow import publish, shadow
from tests.people import make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 30)


def at(month: int, day: int, hour: int = 12, year: int = 2026, minute: int = 0) -> datetime:
    return datetime(year, month, day, hour, minute, tzinfo=UTC)


def described(customer: Customer, day: date = DAY) -> CustomerFeatures:
    features.rebuild(day, business=Business.current())
    return CustomerFeatures.objects.get(customer=customer)


def said(customer: Customer, kind: str, moment: datetime, key: str, **fields) -> None:
    ledger.record([Interaction(customer=customer, kind=kind, at=moment, source="test", key=key, **fields)])


def test_a_buyer_is_described_by_hand_computed_figures(shop):
    ada = make_customer()
    make_purchase(ada, 20, at=at(6, 1))
    make_purchase(ada, 30, at=at(6, 11))
    make_purchase(ada, "50.50", at=at(6, 26))

    row = described(ada)

    assert (row.first_bought_on, row.last_bought_on) == (date(2026, 6, 1), date(2026, 6, 26))
    assert (row.orders, row.recency_days) == (3, 4)
    assert row.revenue == Decimal("100.50")
    assert row.average_order == Decimal("33.5")
    assert row.gap_days == 12.5
    assert row.refunds == 0
    assert row.as_of == DAY


def test_a_customer_without_purchases_has_a_row_of_nothing(shop):
    row = described(make_customer())

    assert (row.orders, row.revenue, row.refunds) == (0, 0, 0)
    assert row.recency_days is row.average_order is row.gap_days is row.nps_last is row.last_opened_on is None
    assert (row.rfm_group, row.cluster) == ("", "")


def test_whole_amounts_do_not_divide_as_whole_numbers(shop):
    ada = make_customer()
    for amount in (10, 10, 5):
        make_purchase(ada, amount)

    row = described(ada)

    assert row.average_order == Decimal("8.3333")
    assert row.gap_days == 0


def test_cancelled_orders_count_nowhere_and_their_refunds_are_no_loss(shop):
    ada = make_customer()
    make_purchase(ada, 40, at=at(6, 1))
    cancelled = make_purchase(ada, 70, at=at(6, 20), status=Purchase.Status.CANCELLED)
    make_refund(cancelled, 70, at=at(6, 21))

    row = described(ada)

    assert (row.orders, row.revenue, row.refunds) == (1, 40, 0)
    assert row.last_bought_on == date(2026, 6, 1)


def test_refunds_reduce_revenue_and_a_full_refund_takes_the_order_away(shop):
    ada = make_customer()
    partly = make_purchase(ada, 100, at=at(6, 1))
    fully = make_purchase(ada, 60, at=at(6, 10))
    make_refund(partly, 25, at=at(6, 5))
    make_refund(fully, 60, at=at(6, 12))

    row = described(ada)

    assert (row.orders, row.revenue, row.refunds) == (1, 75, 85)
    assert row.last_bought_on == date(2026, 6, 1)
    assert row.average_order == 100


def test_refunds_of_no_known_order_are_taken_off_too(shop):
    ada = make_customer()
    make_purchase(ada, 100)
    Refund.objects.create(key="loose", customer=ada, amount=30, refunded_at=at(6, 20))

    row = described(ada)

    assert (row.orders, row.revenue, row.refunds) == (1, 70, 30)


def test_a_free_order_counts_until_something_is_refunded_from_it(shop):
    ada = make_customer()
    make_purchase(ada, 0, at=at(6, 1))

    row = described(ada)

    assert (row.orders, row.revenue, row.average_order) == (1, 0, 0)


def test_the_past_does_not_know_later_purchases_refunds_and_answers(shop):
    ada = make_customer()
    early = make_purchase(ada, 60, at=at(5, 1))
    make_purchase(ada, 99, at=at(6, 20))
    make_refund(early, "0.1", at=at(5, 3))
    make_refund(Purchase.objects.get(pk=early.pk), "59.9", at=at(6, 2))
    said(ada, "answer", at(5, 2), "a", metric="nps", number=9)
    said(ada, "answer", at(6, 2), "b", metric="nps", number=2)

    then = described(ada, date(2026, 5, 31))
    now = described(ada)

    assert (then.orders, then.revenue, then.refunds) == (1, Decimal("59.9"), Decimal("0.1"))
    assert (then.nps_last, then.nps_last_on) == (9, date(2026, 5, 2))
    assert (now.orders, now.revenue, now.refunds) == (1, 99, 60)
    assert now.nps_last == 2


@pytest.mark.parametrize(
    ("zone", "moment", "day"),
    [
        ("Asia/Shanghai", at(6, 29, 16), date(2026, 6, 30)),  # Midnight in Shanghai.
        ("Asia/Shanghai", at(6, 29, 15, minute=59), date(2026, 6, 29)),
        ("America/New_York", at(6, 29, 3, minute=59), date(2026, 6, 28)),
        ("Europe/Berlin", at(6, 28, 22), date(2026, 6, 29)),  # Summer time, two hours ahead.
        ("Europe/Berlin", at(1, 28, 22), date(2026, 1, 28)),  # Winter time, one hour ahead.
        ("Europe/Berlin", at(1, 28, 23), date(2026, 1, 29)),
        ("Asia/Kathmandu", at(6, 29, 18, minute=15), date(2026, 6, 30)),
    ],
)
def test_days_are_the_days_of_the_shop(shop, zone, moment, day):
    Business.objects.update(time_zone=zone)
    ada = make_customer()
    make_purchase(ada, at=moment)

    row = described(ada)

    assert row.last_bought_on == day
    assert row.recency_days == (DAY - day).days


def test_the_day_ends_at_midnight_of_the_shop(shop):
    Business.objects.update(time_zone="Asia/Shanghai")
    ada = make_customer()
    make_purchase(ada, at=at(6, 30, 15, minute=59))
    make_purchase(ada, at=at(6, 30, 16))

    row = described(ada)

    assert (row.orders, row.recency_days) == (1, 0)


def test_the_latest_answer_and_the_last_open_and_click_are_kept(shop):
    ada = make_customer()
    for index, (metric, number, day) in enumerate(
        [("nps", 3, 9), ("nps", 10, 20), ("csat", 4, 11), ("ces", 1, 29)]
    ):
        said(ada, "answer", at(6, day), f"answer {index}", metric=metric, number=number)
    said(ada, "answer", at(6, 20), "same moment", metric="nps", number=8)
    said(ada, "answer", at(6, 25), "comment only", metric="nps", number=None)
    said(ada, "open", at(6, 2), "open 1")
    said(ada, "open", at(6, 5), "open 2")
    said(ada, "click", at(6, 3), "click")

    row = described(ada)

    assert (row.nps_last, row.nps_last_on) == (8, date(2026, 6, 20))
    assert (row.csat_last, row.csat_last_on) == (4, date(2026, 6, 11))
    assert (row.last_opened_on, row.last_clicked_on) == (date(2026, 6, 5), date(2026, 6, 3))


def test_describing_twice_changes_nothing_and_keeps_scores(shop):
    ada = make_customer()
    make_purchase(ada)
    described(ada)
    CustomerFeatures.objects.update(rfm_group="new", cluster="Recent")
    before = CustomerFeatures.objects.values().get()

    features.rebuild(DAY, business=Business.current())

    assert CustomerFeatures.objects.values().get() == before


def test_aside_shows_the_past_and_leaves_the_live_state_alone(shop):
    ada, ben = make_customer(), make_customer()
    make_purchase(ada, 10, at=at(5, 1))
    make_purchase(ada, 10, at=at(6, 15))
    make_purchase(ben, 10, at=at(6, 20))
    features.rebuild(DAY, business=Business.current())

    with features.aside(date(2026, 5, 31)):
        past = dict(CustomerFeatures.objects.values_list("customer", "orders"))
        groups = dict(CustomerFeatures.objects.values_list("customer", "rfm_group"))
        buyers = Customer.objects.filter(features__orders__gt=0).count()

    assert past == {ada.pk: 1, ben.pk: 0}
    assert groups == {ada.pk: "new", ben.pk: ""}
    assert buyers == 1
    assert dict(CustomerFeatures.objects.values_list("customer", "orders")) == {ada.pk: 2, ben.pk: 1}
    assert set(CustomerFeatures.objects.values_list("as_of", flat=True)) == {DAY}
    assert not ScoringRun.objects.exists()


def test_aside_goes_away_when_something_fails_inside(shop):
    make_customer()
    features.rebuild(DAY, business=Business.current())

    with pytest.raises(RuntimeError), features.aside(date(2020, 1, 1)):
        raise RuntimeError

    assert CustomerFeatures.objects.get().as_of == DAY


def test_publishing_a_shadow_switches_all_rows_and_skips_deleted_people(shop):
    ada, ben = make_customer(), make_customer()
    make_purchase(ada, 10, at=at(6, 1))

    with shadow():
        features.rebuild(DAY, business=Business.current())
        Customer.objects.filter(pk=ben.pk)._raw_delete("default")
        count = publish()

    assert count == 1
    assert CustomerFeatures.objects.get().revenue == 10


def test_purchases_with_and_without_microseconds_keep_their_order(shop):
    ada = make_customer()
    make_purchase(ada, 1, at=at(6, 10) + timedelta(microseconds=5))
    make_purchase(ada, 1, at=at(6, 12))

    row = described(ada)

    assert (row.first_bought_on, row.last_bought_on, row.gap_days) == (
        date(2026, 6, 10),
        date(2026, 6, 12),
        2,
    )


def test_features_need_one_statement(shop, django_assert_num_queries):
    for _ in range(3):
        make_purchase(make_customer())
    business = Business.current()

    with django_assert_num_queries(1):
        features.rebuild(DAY, business=business)
