from __future__ import annotations

from datetime import date

import pytest

from segments import refresh, scoring
from segments.models import CustomerFeatures, RfmChoice
from segments.rfm import cuts as rfm_cuts
from segments.rfm import names as rfm_names
from tests.people import make_purchase
from tests.segments.rfm_shop import ago, choose, shop_of

pytestmark = pytest.mark.django_db
TODAY = date(2026, 6, 15)


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
