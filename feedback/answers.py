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
            "source": held.source,
            "channel": channel_of(held.source),
            "version": held.survey.version,
            "product_id": held.product_id,
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


def channel_of(source: str) -> str:
    """How the link of an invitation travelled: people were given it, or a mail brought it."""
    return Answer.Channel.LINK if source.startswith("staff:") else Answer.Channel.MAIL


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
        number=on_usual_scale(survey, answer.score),
        properties=properties,
    )
    # An imported row may hold a second score; rules on it ("csat.last") must see it too.
    seconds = {metric: answer.values[metric] for metric in METRICS if metric in answer.values}
    for question in by_key.values():
        if question.kind in METRICS and question.kind != survey.kind and question.key in answer.values:
            seconds.setdefault(question.kind, on_usual_scale(question, answer.values[question.key]))
    return [main, *(_second(main, metric, number) for metric, number in seconds.items())]


def on_usual_scale(asked: Survey | Question, score: int | None) -> int | None:
    """A CSAT of 3, 4, 7 or 10 points as one of 5, so that rules on "csat.last" compare like with like."""
    top = len(asked.scale)
    if score is None or asked.kind != Survey.Kind.CSAT or top == 5:
        return score
    return round(1 + 4 * (score - 1) / (top - 1))


def labels(slugs: Iterable[str]) -> dict[tuple[str, str], str]:
    """The questions as people read them, by the survey's slug and the key under which the ledger has them."""
    language = texts.first_known(translation.get_language())
    questions = Question.objects.filter(survey__slug__in=slugs).select_related("survey")
    return {(one.survey.slug, one.key): texts.label(one, language) for one in questions}


def _second(main: Interaction, metric: str, number: int | None) -> Interaction:
    return Interaction(
        customer_id=main.customer_id,
        kind=main.kind,
        at=main.at,
        source=main.source,
        key=f"{main.key}:{metric}",
        subject=main.subject,
        title=main.title,
        metric=metric,
        number=number,
    )
