from __future__ import annotations

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from segments import audience, refresh
from segments.models import CustomerFeatures, RfmChoice, Segment
from segments.rfm import names as rfm_names
from tests.people import make_customer, make_purchase, make_refund
from tests.segments.rfm_shop import ago, answer_of, choose, shop_of

pytestmark = pytest.mark.django_db


@pytest.mark.parametrize("name", ["ten", "eleven", "six", "eight"])
def test_the_chosen_map_drives_groups_rules_and_the_command(shop, staff_client, name):
    shop_of()
    make_customer()
    choose(names=name)

    refresh.run(None)
    found = answer_of("rfm")

    carried = set(CustomerFeatures.objects.exclude(rfm_group="").values_list("rfm_group", flat=True))
    assert carried <= set(rfm_names.in_use().map.codes)
    assert sum(found["groups"].values()) == 12 + (name == "eleven")
    assert sum(map(sum, found["grid"])) == found["scored"] == 12
    page = staff_client.get("/segments/rfm/").content.decode()
    assert all(f"group={code}" in page for code in rfm_names.in_use().map.codes)
    for code in carried:
        rule = {"all": [{"field": "rfm.group", "op": "is", "value": code}]}
        inside = CustomerFeatures.objects.filter(rfm_group=code).count()
        assert audience.live(rule).count() == inside > 0
        assert staff_client.get(f"/segments/people/?group={code}").context["count"] == inside


def test_another_map_can_be_asked_for_without_changing_the_live_groups(shop):
    shop_of()
    refresh.run(None)
    before = dict(CustomerFeatures.objects.values_list("pk", "rfm_group"))

    eight = answer_of("rfm", "--map", "eight", "--frozen")
    past = answer_of("rfm", "--map", "six", "--as-of", timezone.now().date().isoformat())

    assert list(eight["groups"])[:2] == ["重要价值客户", "重要发展客户"]
    assert sum(eight["groups"].values()) == sum(past["groups"].values()) == 12
    assert dict(CustomerFeatures.objects.values_list("pk", "rfm_group")) == before
    with pytest.raises(CommandError, match="no groups of its own"):
        call_command("rfm", "--map", "own")


def test_a_rule_with_a_vanished_group_warns_and_keeps_its_members(shop, owner_client):
    shop_of()
    refresh.run(None)
    rule = {"all": [{"field": "rfm.group", "op": "in", "value": ["at_risk", "hibernating"]}]}
    segment = Segment.objects.create(slug="mine", name="Mine", rule=rule)
    count = audience.rebuild(segment)

    preview = owner_client.post(
        "/segments/rfm/groups/", {"names": "six", "middle": "median", "act": "preview"}
    )
    owner_client.post("/segments/rfm/groups/", {"names": "six", "middle": "median", "act": "save"})
    refresh.run(None)

    page = owner_client.get("/segments/s/mine/").content.decode()
    segment.refresh_from_db()
    assert "Mine</a>: Hibernating" in preview.content.decode()
    assert "“Hibernating” is none of the RFM groups in use now" in page
    assert "“Hibernating” is none of" in segment.error
    assert segment.member_count == count > 0


def test_cells_of_orders_and_money_lead_to_their_people(shop, staff_client):
    shop_of(30)
    choose(names="eleven")
    refresh.run(None)

    page = staff_client.get("/segments/rfm/").content.decode()
    counts = {}
    for r in range(1, 6):
        for v in range(1, 6):
            answer = staff_client.get(f"/segments/people/?r={r}&v={v}")
            counts[r, v] = answer.context["count"]
            rule = answer.context["selection"].rule
            assert audience.live(rule).count() == counts[r, v]

    assert sum(counts.values()) == 30
    assert all((f"?r={r}&v={v}" in page.replace("&amp;", "&")) == (n > 0) for (r, v), n in counts.items())


def drawing(owner_client) -> dict[str, str]:
    """The form of the own map as it is shown."""
    shown = owner_client.get("/segments/rfm/groups/own/").context["drawing"]
    names = {f"name-{key}": name for key, name in shown.groups}
    return names | {f"cell-{r}-{c}": keys[0] for (r, c), keys in shown.cells.items()}


def test_an_own_map_is_refused_until_each_cell_has_one_named_group(shop, owner_client):
    shop_of()
    refresh.run(None)
    form = drawing(owner_client)

    hole = owner_client.post("/segments/rfm/groups/own/", {**form, "cell-3-2": "", "cell-5-5": "king"})
    twice = owner_client.post("/segments/rfm/groups/own/", {**form, "cell-1-4": ["own1", "own2"]})
    nameless = owner_client.post("/segments/rfm/groups/own/", {**form, "name-own1": ""})
    same = owner_client.post("/segments/rfm/groups/own/", {**form, "name-own2": " champions "})
    none_left = owner_client.post("/segments/rfm/groups/own/", {**form, "name-own11": "Nobody"})

    assert [one.status_code for one in (hole, twice, nameless, same, none_left)] == [422] * 5
    words = [one.content.decode() for one in (hole, twice, nameless, same, none_left)]
    assert "no group yet: recency 3 / frequency 2, recency 5 / frequency 5." in words[0]
    assert "more than one group: recency 1 / frequency 4 (Champions + Loyal customers)." in words[1]
    assert "Group A has cells but no name." in words[2]
    assert "“champions” stands twice" in words[3]
    assert "“Nobody” has no cell" in words[4]
    assert not RfmChoice.objects.filter(names="own").exists()


def test_an_own_map_without_a_group_that_segments_ask_for_is_kept_only_when_meant(shop, owner_client):
    shop_of()
    refresh.run(None)
    rule = {"all": [{"any": [{"field": "rfm.group", "op": "is", "value": "champions"}]}]}
    Segment.objects.create(slug="mine", name="Mine", rule=rule)
    form = {**drawing(owner_client), "name-own1": "Stars"}

    warned = owner_client.post("/segments/rfm/groups/own/", form)
    kept_by_then = RfmChoice.objects.filter(names="own").exists()
    sure = owner_client.post("/segments/rfm/groups/own/", {**form, "anyway": "1"})
    refresh.run(None)

    assert "Mine</a>: Champions" in warned.text
    assert 'name="anyway"' in warned.text
    assert "Nothing is saved yet." in warned.text
    assert (kept_by_then, sure.status_code) == (False, 302)
    page = owner_client.get("/segments/s/mine/").text
    assert "“champions” is none of the RFM groups" in page.replace("“Champions”", "“champions”")
    assert "any[" not in page + Segment.objects.get().error  # Places are for scripts.


def test_an_own_map_names_everybody_and_its_names_are_known_everywhere(shop, owner_client):
    shop_of()
    refresh.run(None)
    form = drawing(owner_client) | {
        "name-own4": "Teetrinker",
        "name-own11": "Rare birds",
        "cell-1-1": "own11",
    }

    answer = owner_client.post("/segments/rfm/groups/own/", form)
    waiting = owner_client.get("/segments/rfm/").content.decode()
    refresh.run(None)

    assert answer.status_code == 302
    assert "You chose other groups" in waiting
    page = owner_client.get("/segments/rfm/").content.decode()
    assert "Teetrinker" in page
    assert "Rare birds" in page
    assert "You chose other groups" not in page
    found = answer_of("rfm")
    assert sum(found["groups"].values()) == 12
    assert found["groups"]["Teetrinker"] == CustomerFeatures.objects.filter(rfm_group="own4").count() > 0
    by_name = {"all": [{"field": "rfm.group", "op": "is", "value": "teetrinker"}]}
    assert audience.live(by_name).count() == found["groups"]["Teetrinker"]
    person = CustomerFeatures.objects.filter(rfm_group="own4").first().customer
    panel = owner_client.get(f"/segments/customer/{person.public_id}/").content.decode()
    assert "Teetrinker" in panel


def test_odd_data_is_said_plainly(shop, staff_client):
    refresh.run(None)
    nobody = staff_client.get("/segments/rfm/").content.decode()
    for n in range(6):
        make_purchase(make_customer(last_name=f"B{n}"), 10, at=ago(3))
    giver = make_customer()
    make_purchase(giver, 20, at=ago(3))
    make_refund(make_purchase(giver, 90, at=ago(4)), 90)
    whale = make_customer()
    make_purchase(whale, "9999999999", at=ago(3))
    make_purchase(whale, 5, at=ago(-9))
    refresh.run(None)
    CustomerFeatures.objects.filter(customer=giver).update(revenue=-70)

    page = staff_client.get("/segments/rfm/").content.decode()

    assert "Nobody to group yet" in nobody
    assert "Most buyers bought on the same day" in page
    assert "equally many orders" in page
    assert "1 buyer got back more than they paid" in page
    assert "100% of all revenue" in page
    assert "1 purchase is dated after" in page
