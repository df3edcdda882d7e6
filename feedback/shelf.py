"""Surveys ready to use for the usual occasions (occasions.json), and how one becomes a survey of the shop."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

from django.db import transaction

from crm.errors import Refusal
from feedback import texts
from feedback.forms.editing import free_key, free_slug
from feedback.models import BankQuestion, Question, Survey

type Occasion = dict[str, Any]


@cache
def occasions() -> dict[str, Occasion]:
    found: list[Occasion] = json.loads(Path(__file__).with_name("occasions.json").read_text("utf-8"))
    return {one["key"]: one for one in found}


def on_the_shelf(language: str) -> list[Occasion]:
    """What may be chosen, in the words of one language."""
    code = texts.first_known(language)
    return [
        {
            "key": one["key"],
            "icon": one["icon"],
            "name": one["name"][code],
            "sentence": one["sentence"][code],
            "kind": Survey.Kind(one["kind"]).name,
            "questions": sum(question["kind"] != Question.Kind.SECTION for question in one["questions"]) + 2,
        }
        for one in occasions().values()
    ]


@transaction.atomic
def take(key: str, shop: str, language: str) -> Survey:
    """Make the survey of an occasion, ready to be sent."""
    chosen = occasions().get(key)
    if chosen is None:
        raise Refusal("There is no such template.")
    name = chosen["name"][texts.first_known(language)]
    survey = Survey.objects.create(
        slug=free_slug(name),
        name=name,
        kind=chosen["kind"],
        points=chosen["points"],
        look=chosen["look"],
        doors=chosen["doors"],
        texts=_of_shop(chosen["texts"], shop),
        endings=chosen["endings"],
    )
    for position, one in enumerate(chosen["questions"]):
        key = free_key(survey, one["texts"]["en"]["label"])
        Question.objects.create(survey=survey, key=key, position=position, **one)
    return survey


@transaction.atomic
def copy_from_bank(survey: Survey, kept: BankQuestion) -> Question:
    """Put a question of the bank at the end of a survey."""
    last = survey.questions.order_by("-position").first()
    return Question.objects.create(
        survey=survey,
        key=free_key(survey, kept.name),
        kind=kept.kind,
        texts=kept.texts,
        options=kept.options,
        position=last.position + 1 if last else 0,
    )


def put_into_bank(question: Question) -> BankQuestion:
    name = texts.label(question, texts.LANGUAGES[0])[:120]
    kept = {"texts": question.texts, "options": question.options}
    return BankQuestion.objects.update_or_create(name=name, kind=question.kind, defaults=kept)[0]


def _of_shop(said: dict[str, dict[str, str]], shop: str) -> dict[str, dict[str, str]]:
    return {
        code: {part: text.replace("{{ shop }}", shop) for part, text in parts.items()}
        for code, parts in said.items()
    }
