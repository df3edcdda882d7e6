"""A score over a moving window, and by what an answer is about."""

from __future__ import annotations

import json
from datetime import date, timedelta
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command

from crm.models import Case
from feedback import moving
from tests.feedback.surveys import make_answer, make_answers, make_survey
from tests.people import NOON, make_customer, make_product

pytestmark = pytest.mark.django_db
DAY = timedelta(days=1)
BERLIN = ZoneInfo("Europe/Berlin")


def test_each_point_counts_the_days_up_to_it():
    survey = make_survey()
    make_answers(survey, {10: 3}, at=NOON - 59 * DAY)
    make_answers(survey, {0: 1, 10: 1}, at=NOON - 30 * DAY)
    make_answers(survey, {0: 4, 8: 1}, at=NOON)

    found = {one.until: one.score for one in moving.of(survey, 30, BERLIN)}
    last = found[date(2026, 6, 15)]
    before = moving.before_last(moving.of(survey, 30, BERLIN), 30)

    assert len(found) == 31  # 60 days have as many whole windows.
    assert (last.n, last.value) == (5, -80)
    assert last.low < -80 < last.high
    assert (before.n, before.value) == (
        5,
        60,
    )  # 16 May: four for, one against.
    assert found[date(2026, 6, 14)].n == 2  # The promoters of 17 April are out.


def test_a_long_time_is_drawn_in_few_points():
    survey = make_survey()
    make_answers(survey, {10: 800}, at=NOON, spread_days=799)

    found = moving.of(survey, 90, BERLIN)

    assert len(found) <= moving.POINTS
    assert found[-1].until == date(2026, 6, 15)
    assert {one.score.n for one in found} == {90}
    assert moving.of(make_survey("empty"), 30, BERLIN) == []


def test_the_window_is_chosen_on_the_page(staff_client):
    survey = make_survey()
    make_answers(survey, {10: 40}, at=NOON - 40 * DAY, spread_days=20)
    make_answers(survey, {0: 40}, at=NOON, spread_days=20)

    page = staff_client.get("/feedback/tea/?window=30").text
    long = staff_client.get("/feedback/tea/?window=90").text
    odd = staff_client.get("/feedback/tea/?window=abc")

    assert "points against the 30 days before" in page
    assert "do not reach back far enough" in long
    assert odd.status_code == 200


def test_scores_by_product_category_channel_and_agent_add_up(owner):
    survey = make_survey()
    tea, cup = make_product("Sencha"), make_product("Cup", category="Ware")
    ada = make_customer()
    Case.objects.create(
        subject="x", customer=ada, owner=owner, state="solved", opened_at=NOON, solved_at=NOON - DAY
    )
    make_answer(survey, 10, product=tea, channel="mail")
    make_answer(survey, 0, product=cup, channel="link")
    make_answer(survey, 9, customer=ada, channel="mail")

    def by(field):
        out = StringIO()
        call_command("scores", "tea", "--by", field, "--json", stdout=out)
        return {one["name"]: (one["n"], one["score"]) for one in json.loads(out.getvalue())["groups"]}

    assert by("product") == {"Sencha": (1, 100), "Cup": (1, -100), None: (1, 100)}
    assert by("category") == {"Tea": (1, 100), "Ware": (1, -100), None: (1, 100)}
    assert sorted(n for n, _score in by("channel").values()) == [1, 2]
    assert by("agent") == {str(owner): (1, 100), None: (2, 0)}
