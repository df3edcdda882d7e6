"""Hearing somebody: an answer is kept once, may be corrected, and is remembered in the ledger."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from crm import ledger, webhooks
from crm.errors import Refusal
from crm.models import Business, Interaction
from feedback import acting, attitudes, closing, reviews, texts
from feedback.models import Answer, Invitation, Question, Survey
from feedback.numerics import scores

METRICS = ("nps", "csat", "ces")
State = Answer.State
LEFT_AFTER = timedelta(hours=1)  # Who sent a page and not the next one for so long has left.


@transaction.atomic
def accept(  # noqa: PLR0913 - the parts of what somebody said.
    invitation: Invitation,
    *,
    score: int | None,
    comment: str,
    values: Mapping[str, Any],
    language: str,
    at: datetime,
    state: str = State.COMPLETE,
    version: int | None = None,
) -> Answer:
    """Store the answer of an invitation; until it expires, the last answer is the one that counts.

    One that was complete stays so when a page of it is corrected. What is PROVISIONAL never replaces
    anything that was sent.
    """
    # The lock makes two presses of the button wait for each other; the second one corrects the first.
    held = Invitation.objects.select_for_update(of=("self",)).select_related("survey").get(pk=invitation.pk)
    if not held.survey.is_open:
        raise Refusal(_("This survey is closed."))
    if held.expires_at <= at:
        raise Refusal(_("This link has expired."))
    before = Answer.objects.filter(invitation=held).first()
    if before is not None and state == State.PROVISIONAL and before.state != State.PROVISIONAL:
        return before
    if before is not None and before.state == State.COMPLETE:
        state = State.COMPLETE
    said: dict[str, Any] = {
        "score": score,
        "comment": comment,
        "values": dict(values),
        "language": language,
    }
    said |= {"answered_at": at, "state": state, "version": version or held.survey.version}
    whose: dict[str, Any] = {
        "survey_id": held.survey_id,
        "customer_id": held.customer_id,
        "key": f"invitation:{held.pk}",
    }
    whose |= {"source": held.source, "channel": channel_of(held.source), "product_id": held.product_id}
    answer, _made = Answer.objects.update_or_create(
        invitation=held, defaults=said, create_defaults={**said, **whose, "begun_at": at}
    )
    if state in Answer.COUNTED:
        Invitation.objects.filter(pk=held.pk).update(state=Invitation.State.ANSWERED)
        _remember(answer, held.survey, before)
    return answer


@transaction.atomic
def accept_open(survey: Survey, nonce: str, draft: Answer, *, at: datetime) -> Answer:
    """Store what came through the open link; the same sheet sent again corrects itself."""
    held = Survey.objects.select_for_update().get(pk=survey.pk)
    if not held.is_open:
        raise Refusal(_("This survey is closed."))
    before = Answer.objects.filter(survey=held, key=f"open:{nonce}").first()
    state = before.state if before and before.state in (State.COMPLETE, State.DOUBTFUL) else draft.state
    said = {"score": draft.score, "comment": draft.comment, "values": draft.values, "state": state}
    said |= {"language": draft.language, "version": draft.version, "answered_at": at}
    made = {"source": draft.source, "channel": draft.channel, "product_id": draft.product_id, "begun_at": at}
    answer, _made = Answer.objects.update_or_create(
        survey=held, key=f"open:{nonce}", defaults=said, create_defaults={**said, **made}
    )
    if state in Answer.COUNTED:
        _remember(answer, held, before)
    return answer


@transaction.atomic
def accept_sent(draft: Answer, key: str) -> Answer:
    """Store what another program sent; the same key corrects it."""
    before = Answer.objects.select_for_update().filter(survey=draft.survey, key=key).first()
    said = {
        "customer": draft.customer,
        "score": draft.score,
        "comment": draft.comment,
        "values": draft.values,
        "language": draft.language,
        "answered_at": draft.answered_at,
    }
    made = {"channel": Answer.Channel.API, "version": draft.survey.version, "begun_at": draft.answered_at}
    answer, _made = Answer.objects.update_or_create(
        survey=draft.survey, key=key, defaults=said, create_defaults={**said, **made}
    )
    _remember(answer, draft.survey, before)
    return answer


@transaction.atomic
def believe(answer: Answer, *, at: datetime) -> bool:
    """Staff looked at a doubtful answer: from now on it counts. False when it counts already."""
    doubtful = Answer.objects.filter(pk=answer.pk, state=State.DOUBTFUL)
    if not doubtful.update(state=State.COMPLETE):
        return False
    answer.state = State.COMPLETE
    _remember(answer, answer.survey, None)
    return True


def follow_up_left(*, now: datetime) -> int:
    """Look after those who sent a bad score and left before the last page; returns how many were seen."""
    left = Answer.objects.filter(
        state=State.PARTIAL,
        answered_at__lte=now - LEFT_AFTER,
        answered_at__gt=now - LEFT_AFTER - timedelta(days=2),
    )
    seen = list(left.select_related("survey", "customer").order_by("pk")[:500])
    for answer in seen:
        closing.follow_up(answer)
        acting.follow(answer)
    return len(seen)


def _remember(answer: Answer, survey: Survey, before: Answer | None) -> None:
    """Tell the ledger, webhooks, cases, the customer's own fields and reviews what counts now."""
    questions = list(survey.questions.all())
    for entry in ledger_entries(survey, questions, answer, Business.current().language):
        ledger.correct(entry)
    if before is None or before.state not in Answer.COUNTED:
        person = answer.customer.public_id if answer.customer else None
        said_of = {"answer": answer.pk, "survey": survey.slug, "customer": person}
        webhooks.emit("answer.created", said_of, at=answer.answered_at)
    if answer.state == State.COMPLETE:
        closing.follow_up(answer)
        acting.follow(answer)
        reviews.follow(answer)
    attitudes.heard(survey, answer.customer_id)


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
