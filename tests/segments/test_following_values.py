"""Models are fitted at night: a purchase moves the figures of its customer, by the models in force."""

from __future__ import annotations

import numpy as np
import pytest
from django.utils import timezone

from crm.models import Customer
from segments import purchase_days, refresh
from segments.following import follower
from segments.models import CustomerFeatures, ScoringRun
from segments.numerics.value import forecast
from segments.numerics.value.likelihood import Params
from segments.value import estimating
from tests.people import make_purchase
from tests.segments.test_value_command import sell
from tests.segments.test_value_refresh import unlike

pytestmark = pytest.mark.django_db
NIGHTLY = ("clv", "alive_chance", "expected_orders", "next_from", "next_until", "lapse_chance", "cluster")


def figures():
    return {row[0]: row[1:] for row in CustomerFeatures.objects.values_list("customer_id", *NIGHTLY)}


def test_a_purchase_moves_the_value_of_its_customer_by_the_model_in_force_and_of_nobody_else(shop):
    sell(unlike())
    refresh.run(None)
    model, before = ScoringRun.objects.get(kind="value", is_live=True), figures()
    who = Customer.objects.filter(features__orders__gte=3).order_by("pk").first()

    make_purchase(who, 30, at=timezone.now())
    follower.follow()

    after = figures()
    people = purchase_days.summaries(shop.today(), shop)
    wish = estimating.Wish(**model.parameters)
    mine = estimating.histories_of(people, wish).taken(np.flatnonzero(people.ids == who.pk))
    assert {pk for pk, row in after.items() if row != before[pk]} == {who.pk}
    assert after[who.pk][1] == pytest.approx(forecast.alive(Params(**model.model["params"]), mine)[0])
    assert ScoringRun.objects.get(kind="value", is_live=True).pk == model.pk
