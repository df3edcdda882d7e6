"""Figures that are kept are right at once after whatever changes them."""

from __future__ import annotations

import io
import json
from datetime import timedelta

import pytest
from django.core.management import call_command
from django.utils import timezone

from feedback import answers, breakdowns, freshness
from feedback.models import Answer
from tests.feedback.surveys import make_answer, make_answers, make_invitation, make_survey

pytestmark = pytest.mark.django_db
WEEK = timedelta(days=7)


def score_of_all(survey):
    tables = breakdowns.of(survey, Answer.objects.counted().filter(survey=survey), cached=True)
    return sum(tables["all"][""]), tables["channel"]


@pytest.fixture
def survey():
    made = make_survey()
    make_answers(made, {9: 3, 2: 1}, at=timezone.now() - WEEK)
    assert score_of_all(made)[0] == 4
    return made


def test_what_is_kept_is_not_counted_again(survey, django_assert_max_num_queries):
    with django_assert_max_num_queries(3):
        score_of_all(survey)


def test_a_new_and_a_corrected_answer_are_there_at_once(survey):
    invitation = make_invitation(survey, at=timezone.now() - WEEK)
    say = {"comment": "", "values": {}, "language": "en"}

    answers.accept(invitation, score=9, at=timezone.now() - timedelta(minutes=2), **say)
    came = score_of_all(survey)
    answers.accept(invitation, score=1, at=timezone.now() - timedelta(minutes=1), **say)
    corrected = score_of_all(survey)

    assert came == (5, {"link": (3, 0, 1), "mail": (1, 0, 0)})
    assert corrected == (5, {"link": (3, 0, 1), "mail": (0, 0, 1)})


def test_an_answer_dated_in_the_future_hides_none_that_comes_now(survey):
    make_answer(survey, 9, at=timezone.now() + WEEK)
    freshness.forget()
    before = score_of_all(survey)[0]

    make_answer(survey, 9, at=timezone.now() - timedelta(seconds=1))

    assert (before, score_of_all(survey)[0]) == (5, 6)


def test_an_old_answer_that_is_believed_or_sent_late_counts_at_once(
    survey, django_capture_on_commit_callbacks
):
    doubtful = make_answer(survey, 2, at=timezone.now() - 2 * WEEK, state="doubtful")
    late = Answer(survey=survey, score=8, answered_at=timezone.now() - 3 * WEEK)

    with django_capture_on_commit_callbacks(execute=True):
        answers.believe(doubtful, at=timezone.now())
    believed = score_of_all(survey)[0]
    with django_capture_on_commit_callbacks(execute=True):
        answers.accept_sent(late, "api:1")

    assert (believed, score_of_all(survey)[0]) == (5, 6)


def test_an_import_of_old_answers_and_its_undoing_are_seen_at_once(
    survey, shop, tmp_path, django_capture_on_commit_callbacks
):
    file = tmp_path / "tea.csv"
    file.write_text("nps,answered_at\n9,2020-03-01 10:00\n2,2020-03-02 10:00\n")
    out = io.StringIO()

    with django_capture_on_commit_callbacks(execute=True):
        call_command("import_file", "answers", str(file), "--survey", "tea", "--json", stdout=out)
    came = score_of_all(survey)[0]
    with django_capture_on_commit_callbacks(execute=True):
        call_command("undo_import", json.loads(out.getvalue())["import_id"], "--json", stdout=io.StringIO())

    assert (came, score_of_all(survey)[0]) == (6, 4)
