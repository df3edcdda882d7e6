"""Hearing somebody: an answer is kept once, may be corrected, and is remembered in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from crm import ledger, webhooks
from crm.errors import Refusal
from crm.models import Business, Interaction
from feedback import attitudes, closing, texts
from feedback.models import Answer, Invitation, Question, Survey

METRICS = ("nps", "csat", "ces")


@transaction.atomic
def accept(
    invitation: Invitation,
    *,
    score: int,
    comment: str,
    values: Mapping[str, Any],
    language: str,
    at: datetime,
) -> Answer:
    """Store the answer of an invitation; until it expires, the last answer is the one that counts."""
    # The lock makes two presses of the button wait for each other; the second one corrects the first.
    held = Invitation.objects.select_for_update(of=("self",)).select_related("survey").get(pk=invitation.pk)
    if not held.survey.is_open:
        raise Refusal(_("This survey is closed."))
    if held.expires_at <= at:
        raise Refusal(_("This link has expired."))
    said = {
        "score": score,
        "comment": comment,
        "values": dict(values),
        "language": language,
        "answered_at": at,
    }
    answer, created = Answer.objects.update_or_create(
        invitation=held,
        defaults=said,
        create_defaults={
            **said,
            "survey_id": held.survey_id,
            "customer_id": held.customer_id,
            "key": f"invitation:{held.pk}",
        },
    )
    Invitation.objects.filter(pk=held.pk).update(state=Invitation.State.ANSWERED)
    questions = list(held.survey.questions.all())
    for entry in ledger_entries(held.survey, questions, answer, Business.current().language):
        ledger.correct(entry)
    if created:
        person = held.customer.public_id if held.customer else None
        said_of = {"answer": answer.pk, "survey": held.survey.slug, "customer": person}
        webhooks.emit("answer.created", said_of, at=at)
    closing.follow_up(answer)
    attitudes.heard(held.survey, held.customer_id)
    return answer


def ledger_entries(
    survey: Survey, questions: Iterable[Question], answer: Answer, language: str
) -> list[Interaction]:
    """What the ledger keeps of an answer: choices in the words of the shop's language."""
    by_key = {question.key: question for question in questions}
    words = texts.first_known(language)
    properties = {
        key: texts.in_words(by_key[key], value, words) if key in by_key else value
        for key, value in answer.values.items()
    }
    properties["comment"] = answer.comment
    main = Interaction(
        customer_id=answer.customer_id,
        kind="answer",
        at=answer.answered_at,
        source=f"survey:{survey.pk}",
        key=answer.key,
        subject=survey.slug,
        title=survey.name,
        metric=survey.kind,
        number=answer.score,
        properties=properties,
    )
    # An imported row may hold a second score; rules on it ("csat.last") must see it too.
    return [main, *(_second(main, metric, answer) for metric in METRICS if metric in answer.values)]


def labels(slugs: Iterable[str]) -> dict[tuple[str, str], str]:
    """The questions as people read them, by the survey's slug and the key under which the ledger has them."""
    language = texts.first_known(translation.get_language())
    questions = Question.objects.filter(survey__slug__in=slugs).select_related("survey")
    return {(one.survey.slug, one.key): texts.label(one, language) for one in questions}


def _second(main: Interaction, metric: str, answer: Answer) -> Interaction:
    return Interaction(
        customer_id=main.customer_id,
        kind=main.kind,
        at=main.at,
        source=main.source,
        key=f"{main.key}:{metric}",
        subject=main.subject,
        title=main.title,
        metric=metric,
        number=answer.values[metric],
    )
