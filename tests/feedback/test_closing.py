"""A bad answer opens a case, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from crm.models import Case
from feedback import answers, telling
from feedback.models import Answer
from tests.feedback.surveys import make_invitation, make_survey
from tests.people import NOON, make_customer

pytestmark = pytest.mark.django_db


def answer(invitation, score, comment="Too late.", at=NOON):
    kept = answers.accept(invitation, score=score, comment=comment, values={}, language="en", at=at)
    telling.tell_news()
    return Answer.objects.get(pk=kept)


@pytest.mark.parametrize(
    ("kind", "score", "cases"), [("nps", 6, 1), ("nps", 7, 0), ("csat", 2, 1), ("csat", 3, 0), ("ces", 3, 1)]
)
def test_a_bad_score_opens_a_case_of_the_customer(shop, clerk, kind, score, cases):
    ada = make_customer(owner=clerk)
    invitation = make_invitation(make_survey(kind=kind), ada, at=NOON)

    kept = answer(invitation, score)

    assert Case.objects.count() == cases
    if cases:
        case = Case.objects.get()
        assert (case.customer, case.owner, case.channel, case.source) == (
            ada,
            clerk,
            "answer",
            f"answer:{kept.pk}",
        )
        assert case.due_at > NOON
        assert "Too late." in case.messages.get().text


def test_a_corrected_answer_opens_no_second_case_and_is_noted(shop):
    invitation = make_invitation(make_survey(kind="nps"), at=NOON)
    answer(invitation, 2)

    answer(invitation, 4, "Still too late.", NOON + timedelta(hours=1))
    answer(invitation, 9, "Fine now.", NOON + timedelta(hours=2))

    case = Case.objects.get()
    said = [(message.direction, message.text.splitlines()[-1]) for message in case.messages.all()]
    assert said == [("in", "Too late."), ("note", "Still too late."), ("note", "Fine now.")]


def test_an_answer_that_becomes_bad_opens_its_case_then(shop):
    invitation = make_invitation(make_survey(kind="nps"), at=NOON)
    answer(invitation, 9)
    assert not Case.objects.exists()

    answer(invitation, 1, at=NOON + timedelta(hours=1))

    assert Case.objects.get().priority == Case.Priority.HIGH


def test_the_survey_says_what_is_bad_and_whether_cases_are_opened(shop):
    strict = make_survey("strict", kind="nps", bad_at_most=8)
    quiet = make_survey("quiet", kind="nps", opens_cases=False)

    answer(make_invitation(strict, at=NOON), 8)
    answer(make_invitation(quiet, at=NOON), 0)

    assert Case.objects.count() == 1


def test_the_form_of_a_survey_keeps_both_settings(owner_client):
    survey = make_survey()
    page = owner_client.get(f"/feedback/{survey.slug}/edit/")
    data = {**page.context["form"].initial, "question_en": "Would you?", "bad_at_most": "4"}
    data.pop("opens_cases")

    owner_client.post(f"/feedback/{survey.slug}/edit/", {k: v for k, v in data.items() if v is not None})

    survey.refresh_from_db()
    assert (survey.opens_cases, survey.bad_at_most) == (False, 4)
