"""The order of the questions of a survey."""

from __future__ import annotations

from django.db import transaction

from feedback.models import Question


@transaction.atomic
def move(question: Question, *, up: bool) -> None:
    """Change places with the neighbour; at the end nothing happens."""
    questions = list(question.survey.questions.select_for_update())
    at = next(at for at, one in enumerate(questions) if one.pk == question.pk)
    other = at - 1 if up else at + 1
    if not 0 <= other < len(questions):
        return
    questions[at], questions[other] = questions[other], questions[at]
    for position, one in enumerate(questions):
        one.position = position
    Question.objects.bulk_update(questions, ["position"])
