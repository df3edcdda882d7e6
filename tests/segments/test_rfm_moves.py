from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from crm import merging
from crm.models import Interaction
from crm.privacy import erasing
from segments import audience, refresh, scoring
from segments.models import CustomerFeatures, RfmChoice, RfmMove
from segments.rfm import moves
from segments.rfm import names as rfm_names
from tests.people import make_customer, make_purchase
from tests.segments.rfm_shop import ago, choose, shop_of

pytestmark = pytest.mark.django_db


def moved_shop() -> list:
    """Cut points that hold; one buyer buys again and comes up, one lead buys for the first time."""
    people = [*shop_of(20), make_customer(last_name="Lead")]
    choose(period="open")
    refresh.run(None)
    RfmChoice.objects.update(compared_from=timezone.now().date() - timedelta(days=3))
    make_purchase(people[19], 500, at=ago(0))
    make_purchase(people[20], 5, at=ago(0))
    return people


def test_moves_are_noted_told_in_the_timeline_and_asked_by_rules(shop, staff_client):
    people = moved_shop()
    was = CustomerFeatures.objects.get(customer=people[19]).rfm_group

    refresh.run(None)
    refresh.run(None)

    now = CustomerFeatures.objects.get(customer=people[19]).rfm_group
    move = RfmMove.objects.get()
    entry = Interaction.objects.get(kind="rfm_move")
    assert (move.customer, move.before, move.after, move.by_cuts) == (people[19], was, now, False)
    assert (entry.customer, entry.subject, entry.properties) == (people[19], now, {"from": was})
    page = staff_client.get(f"/customers/{people[19].public_id}/").content.decode()
    assert "Came to another RFM group" in page
    assert f"{rfm_names.name_of(was)} → {rfm_names.name_of(now)}".replace("'", "&#x27;") in page
    label = str(rfm_names.in_use().label(now))
    for rule, found in (
        ({"did": "rfm_move", "within_days": 7}, 1),
        ({"did": "rfm_move", "where": [{"field": "to", "op": "is", "value": label}]}, 1),
        ({"did": "rfm_move", "where": [{"field": "from", "op": "in", "value": [was]}]}, 1),
        ({"did": "rfm_move", "where": [{"field": "from", "op": "is", "value": now}]}, 0),
    ):
        assert audience.live(rule).count() == found


def test_the_matrix_agrees_with_the_groups_of_both_days(shop, staff_client):
    people = moved_shop()
    today = shop.today()
    was = CustomerFeatures.objects.get(customer=people[19]).rfm_group
    refresh.run(None)
    now = CustomerFeatures.objects.get(customer=people[19]).rfm_group

    found = moves.matrix(today - timedelta(days=1), today)
    page = staff_client.get(f"/segments/rfm/moves/?first={today - timedelta(days=1)}&last={today}")

    first = CustomerFeatures.objects.get(customer=people[20]).rfm_group
    assert found.moved == {(was, now): 1}
    assert found.counts["", first] == 1
    assert found.people == 21
    assert sum(found.before().values()) == sum(found.after().values()) == 21
    groups = list(CustomerFeatures.objects.values_list("rfm_group", flat=True))
    assert found.after() == {code: groups.count(code) for code in set(groups)}
    assert f"?was={was}&amp;is={now}" in page.content.decode()
    shown = staff_client.get(
        f"/segments/people/?was={was}&is={now}&first={today - timedelta(days=1)}&last={today}"
    )
    assert "Buyer 20" in shown.content.decode()
    assert shown.context["count"] == 1


def test_new_cut_points_move_people_in_the_matrix_only_and_a_new_map_begins_anew(shop):
    shop_of(20)
    choose(period="open")
    refresh.run(None)
    cuts = scoring.live_cuts().as_json() | {"recency": [1, 2, 3, 4]}
    RfmChoice.objects.update(cuts=cuts)

    refresh.run(None)
    by_cuts = list(RfmMove.objects.values_list("by_cuts", flat=True))
    choose(names="six")
    refresh.run(None)

    assert set(by_cuts) == {True}
    assert not Interaction.objects.filter(kind="rfm_move").exists()
    assert not RfmMove.objects.exists()
    assert RfmChoice.objects.get().compared_from == shop.today()


def test_erasing_takes_the_moves_and_merging_drops_those_of_the_copy(shop):
    people = moved_shop()
    make_purchase(people[18], 800, at=ago(0))
    refresh.run(None)
    moved = set(RfmMove.objects.values_list("customer__last_name", flat=True))

    merging.merge([people[0].pk, people[19].pk], by=None, at=timezone.now())
    erasing.erase(people[18], by=None, at=timezone.now())

    assert moved == {"Buyer 19", "Buyer 20"}
    assert not RfmMove.objects.exists()
    entry = Interaction.objects.filter(kind="rfm_move", customer=people[18])
    assert not any(row.properties for row in entry)
    refresh.run(None)
    assert moves.matrix(shop.today() - timedelta(days=1), shop.today()).people >= 19
