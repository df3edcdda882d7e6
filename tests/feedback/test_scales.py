"""Satisfaction asked on 3, 4, 7 or 10 points is scored on its own scale, wherever the figure stands."""

from __future__ import annotations

import json
import re
from io import StringIO
from zoneinfo import ZoneInfo

import pytest
from django.core.management import call_command
from django.utils import timezone

from campaigns.home import figures
from feedback import charts, closing, measuring, rating, reports, telling
from feedback.models import Answer, Survey
from tests.feedback.surveys import make_answer, make_answers, make_survey
from tests.people import make_customer

pytestmark = pytest.mark.django_db
UTC = ZoneInfo("UTC")
# Points, how often each score was given, and by hand: satisfied, neither, dissatisfied of ten.
SCALES = [
    (3, {3: 6, 2: 2, 1: 2}, (6, 2, 2)),
    (4, {4: 3, 3: 3, 2: 2, 1: 2}, (6, 0, 4)),
    (5, {5: 2, 4: 3, 3: 1, 2: 2, 1: 2}, (5, 1, 4)),
    (7, {7: 2, 6: 2, 5: 2, 4: 1, 3: 2, 1: 1}, (4, 3, 3)),
    (10, {10: 1, 9: 1, 8: 1, 7: 2, 6: 1, 5: 2, 1: 2}, (3, 3, 4)),
]


def groups(score):
    return score.good, score.middle, score.bad


@pytest.mark.parametrize(("points", "given", "by_hand"), SCALES)
def test_every_figure_of_a_survey_goes_by_its_own_scale(points, given, by_hand, shop, owner_client):
    survey = make_survey(kind="csat", points=points)
    make_answers(survey, given)
    anna = make_customer(country="DE")
    for score, n in given.items():
        for _ in range(n):
            make_answer(survey, score, customer=anna)
    twice = tuple(2 * n for n in by_hand)

    page = owner_client.get(f"/feedback/{survey.slug}/").context
    out = StringIO()
    call_command("scores", survey.slug, "--by", "country", "--json", stdout=out)
    said = json.loads(out.getvalue())
    months = reports.trend(survey, UTC)
    (listed,) = reports.with_figures(Survey.objects.all())
    found = Answer.objects.filter(survey=survey)

    assert groups(page["score"]) == groups(months[0].score) == groups(listed["score"]) == twice
    assert (said["score"], said["satisfied"], said["dissatisfied"]) == (10 * by_hand[0], twice[0], twice[2])
    assert [one["satisfied"] for one in said["groups"]] == [by_hand[0]] * 2
    assert tuple(reports.of_group(survey, found, one).count() for one in reports.GROUPS) == twice
    assert len(charts.distribution(survey, reports.counts(survey)).labels) == points
    assert closing.threshold(survey) == max(
        one for one in survey.scale if measuring.tone(survey, one) == "bad"
    )


def test_the_home_page_judges_each_survey_by_its_own_scale(shop):
    for points, given, _by_hand in SCALES:
        make_answers(make_survey(f"of-{points}", kind="csat", points=points), given, at=timezone.now())

    found = figures.opinion("csat", timezone.now())

    assert groups(found) == (6 + 6 + 5 + 4 + 3, 2 + 0 + 1 + 3 + 3, 2 + 4 + 4 + 3 + 4)


@pytest.mark.parametrize("points", Survey.POINTS)
def test_the_ledger_moves_nobody_into_another_group(points):
    survey, usual = make_survey(kind="csat", points=points), make_survey("usual", kind="csat")

    kept = {one: telling.on_usual_scale(survey, one) for one in survey.scale}

    assert {one: measuring.tone(usual, n) for one, n in kept.items()} == {
        one: measuring.tone(survey, one) for one in survey.scale
    }
    assert list(kept.values()) == sorted(kept.values())
    assert (kept[1], kept[points]) == (1, 5)


@pytest.mark.parametrize("points", Survey.POINTS)
def test_the_row_of_a_mail_has_a_link_for_each_step(points):
    survey = make_survey(kind="csat", points=points)

    row = rating.rating_row(survey, "https://shop.example/s/abc", "en")

    assert re.findall(r"score=(\d+)", row) == [str(one) for one in survey.scale]
    assert ("😄" in row) == (points == 5)


def test_a_row_of_smileys_has_as_many_as_the_survey_asks_for():
    survey = make_survey(kind="csat", points=3, look={"shape": "smileys"})

    row = rating.rating_row(survey, "https://shop.example/s/abc", "zh-hans")

    assert re.findall("[😞😕😐😊😄]", row) == ["😞", "😐", "😄"]


def test_an_answer_of_a_longer_scale_has_its_own_tone():
    survey = make_survey(kind="csat", points=10)

    tones = [measuring.tone(survey, one) for one in (None, 5, 6, 7, 8)]

    assert tones == ["", "bad", "middle", "middle", "good"]
