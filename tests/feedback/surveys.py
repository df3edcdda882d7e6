"""Builders of surveys, invitations and answers."""

from __future__ import annotations

import itertools
from datetime import timedelta

from feedback import freshness, invitations
from feedback.models import Answer, Invitation, Question, Survey
from tests.people import NOON, make_customer

_count = itertools.count(1)
TEXTS = {
    "en": {"question": "Would you recommend us?", "comment": "Why?", "thanks": "Thanks a lot!"},
    "zh-hans": {"question": "您会推荐我们吗？", "comment": "为什么？", "thanks": "非常感谢！"},
}


def make_survey(slug="tea", **fields):
    return Survey.objects.create(**{"slug": slug, "name": "After tea", "texts": TEXTS, **fields})


def make_question(survey, key, kind="text", *, choices=(), chinese=(), **fields):
    texts = {"en": {"label": f"About {key}?", "choices": list(choices)}}
    if chinese:
        texts["zh-hans"] = {"label": f"关于{key}？", "choices": list(chinese)}
    position = survey.questions.count()
    return Question.objects.create(
        survey=survey, key=key, kind=kind, texts=texts, position=position, **fields
    )


def make_invitation(survey=None, customer=None, *, at, source="campaign:1"):
    survey, customer = survey or make_survey(), customer or make_customer()
    invitations.invite_many(survey, source, [customer.pk], at=at)
    return Invitation.objects.get(survey=survey, source=source, customer=customer)


def path_of(invitation):
    token = invitations.token(invitation.survey_id, invitation.source, invitation.customer_id)
    return f"/s/{token}"


def make_answer(survey, score, *, customer=None, at=NOON, **fields):
    """One of the past, as an import brings it."""
    freshness.forget()
    return Answer.objects.create(
        survey=survey, score=score, customer=customer, answered_at=at, key=f"test:{next(_count)}", **fields
    )


def make_answers(survey, counts, *, at=NOON, spread_days=0):
    """{score: how many}, without customers, of the past."""
    freshness.forget()
    scores = [score for score, n in counts.items() for _ in range(n)]
    Answer.objects.bulk_create(
        [
            Answer(
                survey=survey,
                score=score,
                key=f"bulk:{next(_count)}",
                answered_at=at - timedelta(days=number % (spread_days + 1)),
            )
            for number, score in enumerate(scores)
        ],
        batch_size=2000,
    )
