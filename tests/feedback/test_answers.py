from __future__ import annotations

import threading
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import translation

from crm import ledger, timeline
from crm.errors import Refusal
from crm.models import Case, Interaction
from feedback import answers, telling
from feedback.models import Answer, Invitation
from tests.feedback.surveys import make_invitation, make_question, make_survey
from tests.people import NOON

pytestmark = pytest.mark.django_db


def say(invitation, score, *, comment="", values=None, at=NOON, language="en"):
    answers.accept(invitation, score=score, comment=comment, values=values or {}, language=language, at=at)
    telling.tell_news()


def test_an_answer_is_remembered_in_the_ledger():
    survey = make_survey()
    make_question(survey, "reason", "single", choices=["Tea", "Coffee"], chinese=["茶", "咖啡"])
    make_question(survey, "next", "multi", choices=["Matcha", "Mate"])
    invitation = make_invitation(survey, at=NOON)

    say(invitation, 9, comment="Lovely", values={"reason": 2, "next": [1, 2]}, language="zh-hans")

    entry = Interaction.objects.get()
    assert (entry.kind, entry.subject, entry.title) == ("answer", "tea", "After tea")
    assert (entry.metric, entry.number, entry.at) == ("nps", 9, NOON)
    assert (entry.source, entry.key) == (f"survey:{survey.pk}", f"invitation:{invitation.pk}")
    assert entry.customer_id == invitation.customer_id
    assert entry.properties == {"reason": "Coffee", "next": ["Matcha", "Mate"], "comment": "Lovely"}
    answer = Answer.objects.get()
    assert (answer.language, answer.values) == ("zh-hans", {"reason": 2, "next": [1, 2]})
    assert Invitation.objects.get().state == "answered"


def test_a_correction_replaces_what_was_said():
    invitation = make_invitation(at=NOON)

    say(invitation, 3, comment="Late")
    say(invitation, 8, at=NOON + timedelta(hours=1))

    answer, entry = Answer.objects.get(), Interaction.objects.get(kind="answer")
    assert (answer.score, answer.comment) == (8, "")
    assert (entry.number, entry.at) == (8, NOON + timedelta(hours=1))


@pytest.mark.parametrize("at", [NOON + timedelta(days=60), NOON + timedelta(days=400)])
def test_nothing_is_accepted_after_the_end(at):
    invitation = make_invitation(at=NOON)

    with pytest.raises(Refusal, match="expired"):
        say(invitation, 9, at=at)

    assert not Answer.objects.exists()
    assert not Interaction.objects.exists()


def test_a_survey_closed_meanwhile_accepts_nothing():
    survey = make_survey()
    invitation = make_invitation(survey, at=NOON)
    survey.state = "closed"
    survey.save()

    with pytest.raises(Refusal, match="closed"):
        say(invitation, 9)

    assert not Answer.objects.exists()


def test_when_the_ledger_fails_the_answer_is_kept_and_told_later_without_holding_up_the_next(monkeypatch):
    survey = make_survey()
    first, second = (make_invitation(survey, at=NOON, source=f"campaign:{n}") for n in (1, 2))
    correct = ledger.correct
    spoilt = f"invitation:{first.pk}"

    with monkeypatch.context() as broken:
        broken.setattr(ledger, "correct", lambda one: 1 / 0 if one.key == spoilt else correct(one))
        say(first, 2)
        say(second, 9)
    meanwhile = list(Interaction.objects.values_list("kind", "number")), Case.objects.count()
    told = telling.tell_news(), telling.tell_news()

    assert meanwhile == ([("answer", 9)], 0)
    assert told == (1, 0)
    assert Case.objects.get().source == f"answer:{first.answer.pk}"


def test_a_correction_is_told_anew_and_what_a_script_saves_is_no_news():
    invitation = make_invitation(at=NOON)

    answers.accept(
        invitation, score=9, comment="", values={}, language="en", at=NOON, state=Answer.State.PROVISIONAL
    )
    begun = telling.tell_news()
    say(invitation, 9)
    say(invitation, 8, at=NOON + timedelta(hours=1))

    assert begun == 0
    assert Interaction.objects.get(kind="answer").number == 8


@pytest.mark.django_db(transaction=True)
def test_two_presses_at_once_leave_one_answer():
    invitation = make_invitation(at=NOON)
    together = threading.Barrier(4)

    def press(score):
        together.wait()
        try:
            say(invitation, score)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        list(pool.map(press, [7, 8, 9, 10]))

    assert Answer.objects.get().score == Interaction.objects.get().number


def test_the_timeline_names_questions_by_their_words_in_old_entries_too(django_assert_num_queries):
    survey, other = make_survey(), make_survey("coffee")
    make_question(survey, "next_time", chinese=["下次"])
    make_question(other, "next_time")
    invitation = make_invitation(survey, at=NOON)
    say(invitation, 9, values={"next_time": "Mugs", "gone": "x"})
    make_invitation(other, invitation.customer, at=NOON)
    Interaction.objects.update(title="As it was written long ago")

    with django_assert_num_queries(6):
        english = timeline.of(invitation.customer).entries
    with translation.override("zh-hans"):
        chinese = timeline.of(invitation.customer).entries

    assert [entry.details for entry in english if entry.kind == "answer"] == [
        (("gone", "x"), ("About next_time?", "Mugs"))
    ]
    assert ("关于next_time？", "Mugs") in [pair for entry in chinese for pair in entry.details]
