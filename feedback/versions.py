"""What a survey asked at which time: kept before it changes, once somebody answered."""

from __future__ import annotations

import json
from collections.abc import Iterable
from functools import lru_cache
from typing import Any

from django.db import transaction
from django.db.models import Count, F, JSONField, Model, TextField
from django.db.models.functions import Cast

from crm.prepared import Prepared
from feedback.models import Answer, Question, Survey, SurveyVersion
from feedback.models.survey import Edition

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


def today(survey_id: int) -> Survey | None:
    """A survey with its questions, as many people open it at once: read anew, built only when it changed.

    What was built is known by all that was read, so nothing needs to say that something changed. It is shared
    by many readers and must not be written to.
    """
    found = _SURVEY.rows(survey_id)
    return _built(found[0], tuple(_QUESTIONS.rows(survey_id))) if found else None


@lru_cache(maxsize=64)
def _built(row: tuple[Any, ...], rows: tuple[tuple[Any, ...], ...]) -> Survey:
    survey = _loaded(Survey, row)
    asked = survey.questions.all()
    asked._result_cache = [_loaded(Question, one) for one in rows]  # As prefetch_related leaves it.
    survey._prefetched_objects_cache = {"questions": asked}  # type: ignore[attr-defined]
    for one in asked:
        one.survey = survey
    recalls = any("{{" in text for some in (row, *rows) for text in some if isinstance(text, str))
    survey.edition = Edition(recalls, any(one.option("random") for one in asked))
    return survey


def _as_text(model: type[Model]) -> list[Any]:
    return [
        Cast(one.attname, TextField()) if isinstance(one, JSONField) else one.attname
        for one in model._meta.concrete_fields
    ]


def _loaded[M: Model](model: type[M], row: tuple[Any, ...]) -> M:
    fields = model._meta.concrete_fields
    told = zip(fields, row, strict=True)
    values = [json.loads(value) if isinstance(one, JSONField) else value for one, value in told]
    return model.from_db("default", [one.attname for one in fields], values)


_SURVEY = Prepared(lambda pk: Survey.objects.filter(pk=pk).values_list(*_as_text(Survey)), -101)
_QUESTIONS = Prepared(lambda pk: Question.objects.filter(survey_id=pk).values_list(*_as_text(Question)), -101)


def answers_by_version(survey: Survey) -> dict[int, int]:
    """How many answers belong to each version."""
    rows = Answer.objects.filter(survey=survey).order_by().values_list("version").annotate(n=Count("id"))
    return dict(rows)
