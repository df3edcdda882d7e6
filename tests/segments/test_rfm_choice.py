from __future__ import annotations

import json
from datetime import date, timedelta
from io import StringIO

import pytest
from django.core.management import CommandError, call_command
from django.utils import timezone

from crm import merging
from crm.models import Interaction
from crm.privacy import erasing
from segments import audience, refresh, scoring
from segments.models import CustomerFeatures, RfmChoice, RfmMove, Segment
from segments.rfm import cuts as rfm_cuts
from segments.rfm import moves
from segments.rfm import names as rfm_names
from tests.people import make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 15)


def answer_of(*arguments: str) -> dict:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def ago(days: int):
    return timezone.now() - timedelta(days=days)


def shop_of(count: int = 12):
    """Buyer n bought n // 3 + 1 times for 10 n, the last time 5 n days ago."""
    people = []
    for n in range(1, count + 1):
        customer = make_customer(last_name=f"Buyer {n:02}")
        for _ in range(1 + n // 3):
            make_purchase(customer, 10 * n, at=ago(5 * n))
        people.append(customer)
    return people


def choose(**fields) -> RfmChoice:
    return RfmChoice.objects.update_or_create(pk=1, defaults=fields)[0]


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


def test_held_cut_points_stay_until_their_day_and_are_then_found_anew(shop):
    people = shop_of()
    choose(period="quarter")
    refresh.run(None)
    first, choice = scoring.live_cuts(), RfmChoice.objects.get()
    today = shop.today()
    make_purchase(people[0], 100_000, at=ago(0))

    refresh.run(None)
    held = scoring.live_cuts()
    RfmChoice.objects.update(renew_on=today)
    refresh.run(None)

    assert choice.cut_on == today
    assert choice.renew_on == rfm_cuts.renewal("quarter", today)
    assert held == first
    assert scoring.live_cuts() != first
    assert RfmChoice.objects.get().renew_on > today


def test_renewal_falls_on_a_day_of_the_calendar():
    assert rfm_cuts.renewal("month", date(2026, 1, 31)) == date(2026, 2, 28)
    assert rfm_cuts.renewal("quarter", date(2026, 11, 30)) == date(2027, 2, 28)
    assert rfm_cuts.renewal("year", date(2028, 2, 29)) == date(2029, 2, 28)
    assert rfm_cuts.renewal("open", TODAY) is None


def cuts_form(owner_client) -> dict[str, str]:
    form = owner_client.get("/segments/rfm/scores/").context["form"]
    return {name: form[name].initial for name in form.fields if form[name].initial is not None}


def test_cut_points_are_previewed_before_they_are_saved_and_then_hold(shop, owner_client):
    shop_of()
    refresh.run(None)
    form = cuts_form(owner_client) | {"period": "open", "recency_0": 10, "recency_1": 20, "recency_2": 30}

    preview = owner_client.post("/segments/rfm/scores/", {**form, "act": "preview"})
    kept = RfmChoice.objects.filter(cuts__isnull=False).exists()
    saved = owner_client.post("/segments/rfm/scores/", {**form, "act": "save"})
    refresh.run(None)

    lines = preview.context["tables"][0][1]
    counts = CustomerFeatures.objects.filter(rfm_recency__isnull=False).values_list("rfm_recency", flat=True)
    assert not kept
    assert saved.status_code == 302
    assert [line["then"] for line in lines] == [2, 2, 2, 4, 2]
    assert [list(counts).count(score) for score in (5, 4, 3, 2, 1)] == [2, 2, 2, 4, 2]
    assert scoring.live_cuts().recency[:3] == (10, 20, 30)


@pytest.mark.parametrize("name", ["ten", "eleven", "eight"])
def test_what_is_foreseen_is_what_then_comes(shop, name):
    shop_of(40)
    choose(names=name, period="open")
    refresh.run(None)
    cuts, names = scoring.live_cuts(), rfm_names.chosen()

    found = rfm_cuts.foresee(cuts, names)

    rows = CustomerFeatures.objects.filter(orders__gt=0)
    for measure in ("recency", "frequency", "monetary"):
        scores = list(rows.values_list(f"rfm_{measure}", flat=True))
        assert found.scores[measure] == {level: scores.count(level) for level in range(5, 0, -1)}
    groups = list(CustomerFeatures.objects.values_list("rfm_group", flat=True))
    assert found.groups == {code: groups.count(code) for code in names.map.codes}


def test_cut_points_that_fall_or_would_be_overwritten_are_refused_at_the_field(shop, owner_client):
    shop_of()
    refresh.run(None)
    form = cuts_form(owner_client)

    falling = owner_client.post(
        "/segments/rfm/scores/", {**form, "frequency_2": 0, "period": "open", "act": "save"}
    )
    homeless = owner_client.post(
        "/segments/rfm/scores/", {**form, "recency_3": 900, "period": "", "act": "save"}
    )
    past = owner_client.post(
        "/segments/rfm/scores/", {**form, "period": "month", "renew_on": "2020-01-01", "act": "save"}
    )

    assert falling.context["form"].errors["frequency_2"] == ["Must not be less than the limit before it, 2."]
    assert "period" in homeless.context["form"].errors
    assert past.context["form"].errors["renew_on"] == ["This day must lie ahead."]
    assert {one.status_code for one in (falling, homeless, past)} == {422}
    assert not RfmChoice.objects.filter(cuts__isnull=False).exists()


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
