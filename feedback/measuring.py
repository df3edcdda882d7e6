"""How the answers to one survey are scored: by its kind, and satisfaction by the points of its scale.

Whoever has a survey asks here and never `numerics.scores` itself, which cannot know how long the scale is.
"""

from __future__ import annotations

from collections.abc import Mapping

from django.db.models import Count, QuerySet

from feedback.models import Answer, Survey
from feedback.numerics import scores
from feedback.numerics.scores import Score


def bounds(survey: Survey) -> tuple[int, int]:
    """Lowest good and lowest middling score of this survey."""
    return scores.bounds(survey.kind, survey.points)


def score(survey: Survey, counts: Mapping[int | None, int]) -> Score | None:
    """The score of so many answers of each number; None when nobody answered."""
    return scores.score(survey.kind, counts, survey.points)


def tone(survey: Survey, given: int | None) -> str:
    """Which of the three groups a score belongs to: good, middle or bad; "" without one."""
    if given is None:
        return ""
    good_from, middle_from = bounds(survey)
    return "good" if given >= good_from else "middle" if given >= middle_from else "bad"


def together(kind: str, answers: QuerySet[Answer]) -> Score | None:
    """The score of answers to several surveys of one kind, each judged on its own scale."""
    rows = answers.values_list("survey__points", "score").annotate(n=Count("pk")).order_by()
    parts = (scores.score(kind, {given: n}, points) for points, given, n in rows)
    return scores.together([one for one in parts if one])
