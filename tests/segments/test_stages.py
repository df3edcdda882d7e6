from __future__ import annotations

from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from django.utils import timezone

from crm.models import Business, Interaction, Purchase
from segments import features, refresh
from segments.lifecycle import stages
from segments.models import CustomerFeatures, LifecycleChoice, ScoringRun
from tests.people import make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db
DAY = date(2026, 6, 15)
CHOICE = {"active_days": 60, "lost_days": 180, "loyal_orders": 3}

# Days before the day of analysis on which somebody bought → the stage worked out by hand with
# active for 60 days, lost after 180, loyal from 3 orders.
BY_HAND = [
    ("nothing bought", [], "lead"),
    ("bought today", [0], "first"),
    ("once, on the last active day", [60], "first"),
    ("once, a day later", [61], "sleeping"),
    ("once, on the last day before lost", [180], "sleeping"),
    ("once, lost by a day", [181], "lost"),
    ("twice, lately", [50, 10], "active"),
    ("twice, the last on the last active day", [90, 60], "active"),
    ("twice, a day too late", [90, 61], "sleeping"),
    ("three orders, lately", [100, 50, 10], "loyal"),
    ("three orders, asleep", [160, 130, 61], "sleeping"),
    ("three orders, long ago", [400, 390, 181], "lost"),
    ("back after a gap of 180 days: never lost", [190, 10], "active"),
    ("back after a gap of 181 days", [191, 10], "regained"),
    ("back, and many orders", [400, 30, 20, 10], "regained"),
    ("back, but the gap ended before the active time", [300, 61, 10], "loyal"),
    ("the gap ended on the first day of the active time", [241, 60], "regained"),
    ("a gap long ago does not count for ever", [900, 300, 200, 100, 10], "loyal"),
]


def noon(days_ago: int) -> datetime:
    return datetime.combine(DAY - timedelta(days=days_ago), time(12), tzinfo=UTC)


def described() -> dict[str, str]:
    stages.choose(LifecycleChoice(**CHOICE))
    refresh.run(None, as_of=DAY)
    return dict(CustomerFeatures.objects.values_list("customer__last_name", "stage"))


def test_each_stage_is_the_one_worked_out_by_hand(shop):
    for name, bought, _stage in BY_HAND:
        customer = make_customer(last_name=name)
        for days_ago in bought:
            make_purchase(customer, at=noon(days_ago))

    found = described()

    assert found == {name: stage for name, _bought, stage in BY_HAND}


def test_refunds_in_full_and_cancelled_orders_are_no_purchases(shop):
    lead, first, partly, free = (
        make_customer(last_name=name) for name in ("lead", "first", "partly", "free")
    )
    make_refund(make_purchase(lead, 20, at=noon(10)), 20, at=noon(5))
    make_purchase(first, at=noon(20))
    make_refund(make_purchase(first, 20, at=noon(10)), 20, at=noon(5))
    make_purchase(first, at=noon(5), status=Purchase.Status.CANCELLED)
    make_purchase(partly, at=noon(20))
    make_refund(make_purchase(partly, 20, at=noon(10)), 5, at=noon(5))
    make_purchase(free, 0, at=noon(10))

    found = described()

    assert found == {"lead": "lead", "first": "first", "partly": "active", "free": "first"}


def test_a_refunded_order_in_the_gap_does_not_hide_that_somebody_was_lost(shop):
    customer = make_customer(last_name="back")
    make_purchase(customer, at=noon(300))
    make_refund(make_purchase(customer, 20, at=noon(150)), 20, at=noon(149))
    make_purchase(customer, at=noon(10))

    assert described() == {"back": "regained"}


def test_days_are_days_of_the_shop(shop):
    Business.objects.update(time_zone="Asia/Shanghai")
    zone = ZoneInfo("Asia/Shanghai")
    edge = datetime.combine(DAY - timedelta(days=60), time(0, 0), tzinfo=zone)
    make_purchase(make_customer(last_name="first second"), at=edge)
    make_purchase(make_customer(last_name="a second before"), at=edge - timedelta(seconds=1))

    assert described() == {"first second": "first", "a second before": "sleeping"}


def test_what_is_foreseen_is_what_then_comes(shop):
    for name, bought, _stage in BY_HAND:
        customer = make_customer(last_name=name)
        for days_ago in bought:
            make_purchase(customer, at=noon(days_ago))
    described()
    other = LifecycleChoice(active_days=30, lost_days=90, loyal_orders=2)

    foreseen = stages.foresee(other, DAY, business=shop)
    before = stages.counts()
    stages.choose(other)
    refresh.run(None, as_of=DAY)

    assert foreseen == stages.counts() != before
    assert sum(foreseen.values()) == len(BY_HAND)


def test_who_changes_stage_by_another_choice_did_not_move(shop):
    customer = make_customer()
    make_purchase(customer, at=timezone.now() - timedelta(days=50))
    refresh.run(None)
    before = CustomerFeatures.objects.get().stage
    stages.choose(LifecycleChoice(active_days=20, lost_days=40))

    refresh.run(None)

    assert (before, CustomerFeatures.objects.get().stage) == ("first", "lost")
    assert not Interaction.objects.filter(kind="stage").exists()


def test_twice_the_usual_gap_is_suggested_once_twenty_came_back(shop):
    for n in range(20):
        customer = make_customer()
        make_purchase(customer, at=noon(10))
        make_purchase(customer, at=noon(10 + 21 + n))  # Gaps of 21 … 40 days, 30.5 in the middle.
        if n == 18:
            features.rebuild(DAY, business=shop)
            early = stages.thresholds()
    features.rebuild(DAY, business=shop)

    found = stages.thresholds()

    assert (early.active_days, early.lost_days, early.usual_days) == (90, 365, None)
    assert (found.active_days, found.lost_days, found.usual_days) == (61, 183, 30.5)


def test_the_page_previews_without_saving_and_saves_with_a_refresh(shop, owner_client):
    for name, bought, _stage in BY_HAND:
        customer = make_customer(last_name=name)
        for days_ago in bought:
            make_purchase(customer, at=noon(days_ago))
    described()
    form = {"active_days": 30, "lost_days": 90, "loyal_orders": ""}

    preview = owner_client.post("/segments/stages/", {**form, "act": "preview"}).content.decode()
    kept = stages.chosen().active_days
    saved = owner_client.post("/segments/stages/", {**form, "act": "save"})

    assert "What would change" in preview
    assert kept == 60
    assert saved.status_code == 302
    assert (stages.chosen().active_days, stages.chosen().loyal_orders) == (30, None)
    assert ScoringRun.objects.filter(kind="refresh", state="queued").exists()


def test_lost_before_active_is_refused_at_the_field(shop, owner_client):
    page = owner_client.post("/segments/stages/", {"active_days": 90, "lost_days": 90, "act": "save"})

    assert page.status_code == 422
    assert "Lost must come later than active" in page.content.decode()
    assert stages.chosen().active_days is None


def test_each_count_leads_to_its_people(shop, staff_client):
    make_purchase(make_customer(last_name="Newcomer"), at=noon(1))
    make_customer(last_name="Stranger")
    described()

    page = staff_client.get("/segments/people/?stage=first").content.decode()

    assert "Newcomer" in page
    assert "Stranger" not in page
