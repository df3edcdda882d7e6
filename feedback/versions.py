"""What a survey asked at which time: kept before it changes, once somebody answered."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.db.models import Count, F

from feedback.models import Answer, Question, Survey, SurveyVersion

OF_SURVEY = ("kind", "points", "texts", "languages", "endings", "look")
OF_QUESTION = ("key", "kind", "texts", "options", "show_if", "jumps", "is_required", "position")


@transaction.atomic
def before_change(survey: Survey) -> None:
    """Keep what is asked now if somebody answered it; call before anything of it is written."""
    held = Survey.objects.select_for_update().get(pk=survey.pk)
    if not Answer.objects.filter(survey=held, version=held.version).exists():
        return
    SurveyVersion.objects.get_or_create(
        survey=held, number=held.version, defaults={"content": content(held, held.questions.all())}
    )
    Survey.objects.filter(pk=held.pk).update(version=F("version") + 1)
    survey.version = held.version + 1


def content(survey: Survey, questions: Iterable[Question]) -> dict[str, Any]:
    return {
        "survey": {name: getattr(survey, name) for name in OF_SURVEY},
        "questions": [{name: getattr(one, name) for name in OF_QUESTION} for one in questions],
    }


def as_asked(survey: Survey, number: int | None) -> tuple[Survey, list[Question]]:
    """The survey and its questions in one version; today's where that one is not known."""
    if number is not None and number != survey.version:
        kept = SurveyVersion.objects.filter(survey=survey, number=number).first()
        if kept is not None:
            return _then(survey, kept)
    return survey, list(survey.questions.all())


def _then(survey: Survey, kept: SurveyVersion) -> tuple[Survey, list[Question]]:
    now = {field.attname: getattr(survey, field.attname) for field in survey._meta.concrete_fields}
    then = Survey(**{**now, **kept.content["survey"], "version": kept.number})
    return then, [Question(survey=then, **one) for one in kept.content["questions"]]


def answers_by_version(survey: Survey) -> dict[int, int]:
    """How many answers belong to each version."""
    rows = Answer.objects.filter(survey=survey).order_by().values_list("version").annotate(n=Count("id"))
    return dict(rows)
