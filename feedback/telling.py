"""What follows from an answer: the ledger, other programs, cases, rules, reviews and own fields hear of it.

Storing an answer marks it as news, so that no customer waits for what the shop makes of it. The worker tells
of it a few seconds later; what a dead worker left is told by the next one.
"""

from __future__ import annotations

import logging
from collections.abc import Iterable

from django.db import transaction

from crm import ledger, webhooks
from crm.models import Business, Interaction
from feedback import acting, attitudes, closing, reviews, texts
from feedback.models import Answer, ClosingRule, Question, Survey
from feedback.models.answer import AnswerQuerySet
from feedback.numerics import scores

METRICS = ("nps", "csat", "ces")
CHUNK = 500
log = logging.getLogger(__name__)


def tell_news() -> int:
    """Tell of what was answered since; returns of how many answers."""
    told, last = 0, 0
    rules = acting.rules_in_force()
    while some := list(_news().filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:CHUNK]):
        for pk in some:
            try:
                told += _tell_once(pk, rules)
            except Exception:  # One that cannot be told must not hide the others; it is tried again.
                log.exception("Answer %s could not be told of", pk)
        last = some[-1]
    return told


def tell(answer: Answer, rules: Iterable[ClosingRule] | None = None) -> None:
    """Tell the ledger, webhooks, cases, the customer's own fields and reviews what counts now."""
    survey = answer.survey
    entries = ledger_entries(survey, survey.questions.all(), answer, Business.current().language)
    is_new = not Interaction.objects.filter(source=entries[0].source, key=entries[0].key).exists()
    for entry in entries:
        ledger.correct(entry)
    if is_new:
        person = answer.customer.public_id if answer.customer else None
        said_of = {"answer": answer.pk, "survey": survey.slug, "customer": person}
        webhooks.emit("answer.created", said_of, at=answer.answered_at)
    if answer.state == Answer.State.COMPLETE:
        closing.follow_up(answer)
        acting.follow(answer, rules)
        reviews.follow(answer)
    attitudes.heard(survey, answer.customer_id)


@transaction.atomic
def _tell_once(pk: int, rules: Iterable[ClosingRule]) -> bool:
    """The lock keeps a second worker away, and a correction until this one is told."""
    held = _news().select_for_update(of=("self",), no_key=True).select_related("survey", "customer")
    answer = held.filter(pk=pk).first()
    if answer is None:
        return False
    if answer.customer is None or answer.customer.erased_at is None:
        tell(answer, rules)
    return bool(Answer.objects.filter(pk=pk).update(is_news=False))


def _news() -> AnswerQuerySet:
    return Answer.objects.counted().filter(is_news=True)


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
    """A CSAT of 3, 4, 7 or 10 points as one of 5, so that rules on "csat.last" compare like with like.

    Spread evenly, but never into another group: whoever is satisfied on the own scale is so on the usual one.
    """
    top = len(asked.scale)
    if score is None or asked.kind != Survey.Kind.CSAT or top == 5:
        return score
    even = round(1 + 4 * (score - 1) / (top - 1))
    good_from, middle_from = scores.bounds(asked.kind, top)
    if score >= good_from:
        return max(even, 4)
    return 3 if score >= middle_from else min(even, 2)


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
