"""Mails that leave at each person's best hour, on the clock where that person lives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import pytest

from crm.models import Interaction
from segments.numerics import best_hour
from tests.campaigns.mails import make_campaign, make_list, plan
from tests.people import make_customer

pytestmark = pytest.mark.django_db
NOW = datetime(2026, 6, 15, 6, tzinfo=UTC)  # 7 o'clock in Dublin, where the shop is.
TOKYO, DUBLIN = ZoneInfo("Asia/Tokyo"), ZoneInfo("Europe/Dublin")


def clicked(person, hour, zone, times=12):
    at = datetime(2026, 5, 1, hour, 10, tzinfo=zone)
    Interaction.objects.bulk_create(
        Interaction(customer=person, kind="click", at=at + timedelta(days=n), source="x", key=f"{person}{n}")
        for n in range(times)
    )


def test_each_person_gets_it_at_the_hour_at_which_they_click_where_they_live(shop):
    shop.time_zone = "Europe/Dublin"
    shop.save()
    early = make_customer(country="IE")
    late = make_customer(country="IE")
    far = make_customer(country="JP")
    new = make_customer(country="IE")
    seldom = make_customer(country="IE")
    clicked(early, 9, DUBLIN)
    clicked(late, 20, DUBLIN)
    clicked(far, 9, TOKYO)
    clicked(seldom, 23, DUBLIN, times=2)
    campaign = make_campaign(make_list(early, late, far, new, seldom), timing="best")

    campaign = plan(campaign, now=NOW)

    times = dict(campaign.mailing.messages.values_list("customer", "not_before"))
    clock = {
        one.pk: times[one.pk].astimezone(TOKYO if one is far else DUBLIN).hour
        for one in (early, late, far, new, seldom)
    }
    assert clock == {early.pk: 9, late.pk: 20, far.pk: 9, new.pk: 9, seldom.pk: 9}  # Too few say nothing.
    assert set(campaign.mailing.messages.values_list("reason", flat=True)) == {"best_hour"}
    assert all(NOW <= at < NOW + timedelta(days=1) for at in times.values())


def test_few_clicks_of_one_person_weigh_less_than_many_of_all():
    shop, group = np.zeros(24), np.zeros(24)
    shop[10], group[18] = 500, 200
    people = np.zeros((4, 24), dtype=int)
    people[0, 7], people[1, 7], people[2, 7] = 4, 5, 60

    hours = best_hour.of_people(people, group, shop)

    assert best_hour.of_group(group, shop) == 18
    assert best_hour.of_group(np.zeros(24), shop) == 10
    assert best_hour.of_group(np.zeros(24), np.zeros(24)) == best_hour.DEFAULT
    assert list(hours) == [18, 18, 7, 18]
    assert best_hour.posterior(people, best_hour.flat()).sum(axis=1) == pytest.approx(np.ones(4))
