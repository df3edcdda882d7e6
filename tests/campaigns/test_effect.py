from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

import pytest
from django.utils import timezone

from campaigns import effect, kept, reports, tasks
from campaigns.models import Campaign, CampaignFigures
from crm.models import Business, Message
from tests.campaigns.mails import NOW, make_campaign, make_list, plan, react
from tests.campaigns.test_experiments import make_people
from tests.people import make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db


def sent_with_hold_out(size=200, held=50, **fields):
    """A campaign of which so many people were held out."""
    campaign = plan(make_campaign(make_people(size), **fields))
    messages = list(campaign.mailing.messages.order_by("pk"))
    campaign.mailing.messages.update(state="sent", sent_at=NOW)
    Message.objects.filter(pk__in=[one.pk for one in messages[:held]]).update(state="held_out")
    return campaign, [one.customer for one in messages[held:]], [one.customer for one in messages[:held]]


def test_the_effect_is_the_difference_to_those_held_out(shop):
    campaign, treated, held = sent_with_hold_out()
    for one in treated[:30]:
        make_purchase(one, 40, at=NOW + timedelta(days=1))
    for one in held[:5]:
        make_purchase(one, 20, at=NOW + timedelta(days=2))
    make_purchase(treated[0], 99, at=NOW - timedelta(hours=1))
    make_purchase(held[9], 99, at=NOW + timedelta(days=15))

    found = effect.of(campaign)

    assert (found.treated.people, found.control.people) == (150, 50)
    assert (found.treated.buyers, found.control.buyers) == (30, 5)
    assert found.lift == pytest.approx(0.2 - 0.1)
    assert found.orders == pytest.approx(15)
    assert found.amount == pytest.approx(30 * 40 / 150 - 5 * 20 / 50)
    assert found.amount_interval[0] < found.amount < found.amount_interval[1]
    assert not found.is_sure


def test_refunds_subtract_from_effect_and_attribution(shop):
    campaign, treated, _held = sent_with_hold_out()
    react(campaign, treated[0], 0, at=NOW + timedelta(hours=1))
    order = make_purchase(treated[0], 100, at=NOW + timedelta(days=1))
    before = effect.of(campaign)
    make_refund(order, 60, at=NOW + timedelta(days=3))
    kept.forget(campaign)

    after = effect.of(campaign)

    assert before.treated.revenue == 100
    assert after.treated.revenue == 40
    assert reports.response(campaign).revenue == Decimal(40)


def test_without_anybody_held_out_no_effect_is_claimed(shop):
    campaign, _treated, _held = sent_with_hold_out(size=60, held=3)

    assert effect.of(campaign) is None


def test_an_order_counts_for_the_last_campaign_clicked_alone(shop):
    ada = make_customer()
    segment = make_list(ada)
    first, second = plan(make_campaign(segment)), plan(make_campaign(segment))
    react(first, ada, 0, at=NOW)
    react(second, ada, 0, at=NOW + timedelta(days=1))
    make_purchase(ada, 30, at=NOW + timedelta(hours=2))
    make_purchase(ada, 50, at=NOW + timedelta(days=2))

    assert reports.response(first).revenue == Decimal(30)
    assert reports.response(second).revenue == Decimal(50)


def test_an_order_with_the_campaign_s_coupon_counts_without_a_click(shop):
    campaign, treated, _held = sent_with_hold_out(size=60, held=20, coupon="SPRING")
    make_purchase(treated[0], 70, at=NOW + timedelta(days=8), coupon="spring", discount=Decimal(7))
    make_purchase(treated[1], 70, at=NOW - timedelta(days=8), coupon="SPRING", discount=Decimal(7))
    Business.objects.update(cost_per_mail=Decimal("0.05"))

    found = effect.account(campaign, Business.current(), 40, effect.of(campaign))

    assert (reports.response(campaign).orders, reports.response(campaign).revenue) == (1, Decimal(70))
    assert (found.sending, found.discount, found.cost) == (Decimal("2.00"), Decimal(7), Decimal("9.00"))
    assert found.margin == pytest.approx(35)
    assert found.roi == pytest.approx((35 - 9) / 9)


def test_several_campaigns_prove_together_what_none_proves_alone(shop):
    campaigns = []
    people = make_people(300)
    for n in range(6):
        campaign = make_campaign(people)
        Campaign.objects.filter(pk=campaign.pk).update(started_at=NOW + timedelta(days=n), state="done")
        CampaignFigures.objects.create(
            campaign=campaign, part="effect", counted_at=NOW + timedelta(days=900), seconds=60,
            data=effect.compared(
                900, 100, effect.np.full(54, 30.0), effect.np.full(2, 30.0), seed=1, until="2026-01-01"
            ),
        )  # fmt: skip
        campaigns.append(campaign)
    for one in campaigns:
        one.refresh_from_db()
        one.mailing_id = 1

    found = effect.together(campaigns)

    assert not any(one.is_sure for _campaign, one in found.rows)
    assert found.lift.effect == pytest.approx(0.04)
    assert found.is_sure


def test_the_hold_out_of_a_quarter_compares_people(shop):
    _campaign, treated, held = sent_with_hold_out(size=100, held=40)
    Message.objects.filter(state="held_out").update(reason="held_from_all")
    Message.objects.update(planned_at=NOW)
    for one in treated[:30]:
        make_purchase(one, 10, at=NOW + timedelta(days=10))
    make_purchase(held[0], 10, at=NOW + timedelta(days=10))

    found = effect.of_quarter(NOW.date(), shop)

    assert (found.treated.people, found.control.people) == (60, 40)
    assert found.lift == pytest.approx(0.5 - 0.025)
    assert found.is_sure


def test_the_figures_of_a_quarter_are_kept_and_counted_ahead_when_they_are_slow(
    shop, django_assert_max_num_queries
):
    _campaign, treated, held = sent_with_hold_out(size=100, held=40)
    Message.objects.filter(state="held_out").update(reason="held_from_all")
    for one in (*treated[:30], held[0]):
        make_purchase(one, 10, at=NOW + timedelta(days=10))
    Message.objects.update(planned_at=NOW)
    Campaign.objects.update(started_at=timezone.now())
    effect.of_quarter(NOW.date(), shop)
    CampaignFigures.objects.update(seconds=2, counted_at=timezone.now() - timedelta(seconds=60))
    Message.objects.filter(state="sent").first().delete()

    with django_assert_max_num_queries(2):
        assert effect.of_quarter(NOW.date(), shop).treated.people == 60
    tasks.count_ahead()

    assert effect.of_quarter(NOW.date(), shop).treated.people == 59


def test_slow_figures_are_kept_and_quick_ones_are_fresh(shop):
    campaign = make_campaign(make_list(make_customer()))
    calls = []

    def count():
        calls.append(1)
        return {"n": len(calls)}

    kept.figures(campaign, "x", count, now=NOW)
    CampaignFigures.objects.update(seconds=2)
    same = kept.figures(campaign, "x", count, now=NOW + timedelta(seconds=90))
    anew = kept.figures(campaign, "x", count, now=NOW + timedelta(seconds=120))

    assert (same.data, same.counted_at) == ({"n": 1}, NOW)
    assert anew.data == {"n": 2}
