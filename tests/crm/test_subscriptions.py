"""Subscriptions: the days they renew, each renewal once, pauses, and what they bring in."""

from __future__ import annotations

from datetime import date, timedelta
from decimal import Decimal

import pytest

from crm import sales, subscriptions
from crm.errors import Refusal
from crm.figures import figures_of
from crm.models import Interaction, Purchase, Subscription
from tests.people import NOON, make_customer, make_product

pytestmark = pytest.mark.django_db
TODAY = NOON.date()


def subscribe(customer=None, renews_on=TODAY, **fields) -> Subscription:
    values = {
        "product": make_product(),
        "amount": Decimal("19.90"),
        "interval": "month",
        "started_on": renews_on,
    }
    one = Subscription(customer=customer or make_customer(), renews_on=renews_on, **{**values, **fields})
    return subscriptions.start(one, at=NOON)


@pytest.mark.parametrize(
    ("day", "interval", "anchor", "next_day"),
    [
        (date(2026, 1, 31), "month", 31, date(2026, 2, 28)),
        (date(2026, 2, 28), "month", 31, date(2026, 3, 31)),
        (date(2024, 2, 29), "year", 29, date(2025, 2, 28)),
        (date(2026, 11, 30), "quarter", 30, date(2027, 2, 28)),
        (date(2026, 12, 28), "week", 28, date(2027, 1, 4)),
    ],
)
def test_the_next_day_stays_the_same_day_of_the_month(day, interval, anchor, next_day):
    assert subscriptions.following(day, interval, anchor) == next_day


def test_what_is_due_renews_once_however_often_the_night_comes():
    one = subscribe()

    assert [subscriptions.renew_due(NOON), subscriptions.renew_due(NOON)] == [1, 0]

    one.refresh_from_db()
    assert one.renews_on == date(2026, 7, 15)
    purchase = Purchase.objects.get()
    assert (purchase.customer, purchase.charged, purchase.channel) == (
        one.customer,
        Decimal("19.90"),
        "subscription",
    )


def test_missed_nights_are_made_up_for_on_their_own_days():
    one = subscribe(renews_on=date(2026, 3, 31))

    subscriptions.renew_due(NOON)

    one.refresh_from_db()
    assert [sale.bought_at.date() for sale in subscriptions.renewals(one)] == [
        date(2026, 5, 31),
        date(2026, 4, 30),
        date(2026, 3, 31),
    ]
    assert one.renews_on == date(2026, 6, 30)


def test_two_clicks_on_renewed_are_one_purchase():
    one = subscribe(renews_on=TODAY + timedelta(days=3))

    first = subscriptions.renew(one, due=TODAY + timedelta(days=3), at=NOON)
    second = subscriptions.renew(one, due=TODAY + timedelta(days=3), at=NOON)

    assert (first is not None, second) == (True, None)
    assert Purchase.objects.get().bought_at == NOON  # Paid today, not in three days.


def test_neither_a_paused_nor_a_cancelled_nor_a_by_hand_one_renews_by_itself():
    paused, cancelled, _by_hand = subscribe(), subscribe(), subscribe(renews_itself=False)
    subscriptions.pause(paused, at=NOON, reason="On a journey")
    subscriptions.cancel(cancelled, at=NOON)

    assert subscriptions.renew_due(NOON + timedelta(days=60)) == 0
    with pytest.raises(Refusal):
        subscriptions.resume(cancelled, at=NOON)


def test_what_fell_into_a_pause_is_not_asked_for():
    one = subscribe()
    subscriptions.pause(one, at=NOON)

    subscriptions.resume(one, at=NOON + timedelta(days=100))

    assert subscriptions.renew_due(NOON + timedelta(days=100)) == 1
    assert one.renews_on == TODAY + timedelta(days=100)
    kinds = Interaction.objects.order_by("pk").values_list("kind", flat=True)
    assert list(kinds) == ["subscription_started", "subscription_paused", "subscription_resumed"]


def test_after_the_last_day_it_has_ended():
    one = subscribe(ends_on=date(2026, 7, 20))

    subscriptions.renew_due(NOON + timedelta(days=90))

    one.refresh_from_db()
    assert (Purchase.objects.count(), one.state) == (2, "ended")


def test_a_refunded_renewal_counts_less():
    one = subscribe()
    subscriptions.renew_due(NOON)

    sales.refund(Purchase.objects.get(), Decimal("9.90"), key="r1", at=NOON)

    assert figures_of([one.customer_id])[one.customer_id].revenue == Decimal(10)
    assert subscriptions.renewals(one)[0].refunded == Decimal("9.9")


def test_what_they_bring_in_each_month():
    for interval, amount in (("month", 10), ("year", 120), ("quarter", 30), ("week", 3)):
        subscribe(interval=interval, amount=amount)
    subscriptions.pause(subscribe(amount=1000), at=NOON)

    assert subscriptions.monthly(Subscription.objects.running()) == Decimal(43)


def test_the_pages_show_only_ones_own_and_count_what_is_due(
    staff_client, clerk, django_assert_max_num_queries
):
    from django.utils import timezone

    today = timezone.now().date()
    mine = subscribe(make_customer(first_name="Mine", owner=clerk), renews_on=today + timedelta(days=5))
    for _n in range(5):
        subscribe(make_customer(first_name="Foreign"), renews_on=today)
    type(clerk).objects.filter(pk=clerk.pk).update(scope="own")

    with django_assert_max_num_queries(14):
        page = staff_client.get("/subscriptions/?show=7").content.decode()

    assert "Mine" in page
    assert "Foreign" not in page
    staff_client.post(f"/subscriptions/{mine.pk}/renew/", {"due": mine.renews_on.isoformat()})
    staff_client.post(f"/subscriptions/{mine.pk}/move/", {"move": "cancel", "reason": "Moved away"})
    mine.refresh_from_db()
    assert (Purchase.objects.count(), mine.state, mine.reason) == (1, "cancelled", "Moved away")


def test_a_subscription_is_entered_on_the_page_of_the_customer(owner_client):
    person = make_customer()
    form = {"product_name": "Tea box", "amount": "24.50", "interval": "month", "renews_itself": "on"}
    days = {"started_on": "2026-06-01", "renews_on": "2026-05-01"}

    refused = owner_client.post(f"/customers/{person.public_id}/subscriptions/new/", {**form, **days})
    owner_client.post(
        f"/customers/{person.public_id}/subscriptions/new/", {**form, **days, "renews_on": "2026-06-30"}
    )

    assert (refused.status_code, "before the first day" in refused.content.decode()) == (422, True)
    one = Subscription.objects.get()
    assert (one.product.name, one.anchor_day, one.customer) == ("Tea box", 30, person)
    assert "Tea box" in owner_client.get(f"/customers/{person.public_id}/subscriptions/").content.decode()
