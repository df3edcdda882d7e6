"""Hearing somebody: an answer is kept once and may be corrected; feedback.telling remembers it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.prepared import Prepared
from feedback import acting, closing, freshness, telling, texts
from feedback.models import Answer, Invitation, Question, Survey

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
) -> int:
    """Store the answer of an invitation and return its id; until it expires, the last answer counts.

    One that was complete stays so when a page of it is corrected. What is PROVISIONAL never replaces
    anything that was sent. What follows from an answer is left to `feedback.telling`: nobody waits for it.
    """
    # The lock makes two presses of the button wait for each other; the second one corrects the first.
    held = _HELD.rows(invitation.pk)[0]
    survey, open_, current, expires_at, asked, customer, product, source = held
    if open_ != Survey.State.OPEN:
        raise Refusal(_("This survey is closed."))
    if expires_at <= at:
        raise Refusal(_("This link has expired."))
    # Asked only now: a statement that waits for a lock sees other tables as they were before it waited.
    known, before = next(iter(_BEFORE.rows(invitation.pk)), (None, None))
    if state == State.PROVISIONAL and before not in (None, State.PROVISIONAL):
        return int(known)
    said: dict[str, Any] = {"score": score, "comment": comment, "values": dict(values), "language": language}
    said |= {"answered_at": at, "version": version or current}
    said |= {"state": State.COMPLETE if before == State.COMPLETE else state}
    said |= {"is_news": said["state"] in Answer.COUNTED}
    if said["is_news"] and asked != Invitation.State.ANSWERED:
        Invitation.objects.filter(pk=invitation.pk).update(state=Invitation.State.ANSWERED)
    if known is not None:
        Answer.objects.filter(pk=known).update(**said)
        return int(known)
    whose = {"survey_id": survey, "customer_id": customer, "product_id": product, "source": source}
    whose |= {"invitation_id": invitation.pk, "key": f"invitation:{invitation.pk}"}
    made = Answer.objects.create(**said, **whose, channel=channel_of(source), begun_at=at)
    return int(made.pk)


@transaction.atomic
def accept_open(survey: Survey, nonce: str, draft: Answer, *, at: datetime) -> int:
    """Store what came through the open link; the same sheet sent again corrects itself."""
    held = Survey.objects.select_for_update(no_key=True).only("state").get(pk=survey.pk)
    if not held.is_open:
        raise Refusal(_("This survey is closed."))
    key = f"open:{nonce}"
    before = Answer.objects.filter(survey=held, key=key).values_list("pk", "state").first()
    known, state = before or (None, draft.state)
    if state not in (State.COMPLETE, State.DOUBTFUL):
        state = draft.state
    said = {"score": draft.score, "comment": draft.comment, "values": draft.values, "state": state}
    said |= {"language": draft.language, "version": draft.version, "answered_at": at}
    said |= {"is_news": state in Answer.COUNTED}
    if known is not None:
        Answer.objects.filter(pk=known).update(**said)
        return int(known)
    made = {"source": draft.source, "channel": draft.channel, "product_id": draft.product_id, "begun_at": at}
    return int(Answer.objects.create(survey=held, key=key, **said, **made).pk)


@transaction.atomic
def accept_sent(draft: Answer, key: str) -> Answer:
    """Store what another program sent; the same key corrects it."""
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
    telling.tell(answer)
    transaction.on_commit(freshness.forget)  # It may be of last week.
    return answer


@transaction.atomic
def believe(answer: Answer, *, at: datetime) -> bool:
    """Staff looked at a doubtful answer: from now on it counts. False when it counts already."""
    doubtful = Answer.objects.filter(pk=answer.pk, state=State.DOUBTFUL)
    if not doubtful.update(state=State.COMPLETE):
        return False
    answer.state = State.COMPLETE
    telling.tell(answer)
    transaction.on_commit(freshness.forget)
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


def channel_of(source: str) -> str:
    """How the link of an invitation travelled: people were given it, or a mail brought it."""
    return Answer.Channel.LINK if source.startswith("staff:") else Answer.Channel.MAIL


def labels(slugs: Iterable[str]) -> dict[tuple[str, str], str]:
    """The questions as people read them, by the survey's slug and the key under which the ledger has them."""
    language = texts.first_known(translation.get_language())
    questions = Question.objects.filter(survey__slug__in=slugs).select_related("survey")
    return {(one.survey.slug, one.key): texts.label(one, language) for one in questions}


# Held until the answer is stored; after a merge it tells whose answer this is now.
_HELD = Prepared(
    lambda pk: (
        Invitation.objects.filter(pk=pk)
        .select_for_update(of=("self",), no_key=True)
        .values_list(
            "survey_id", "survey__state", "survey__version", "expires_at", "state", "customer_id",
            "product_id", "source",
        )
    ),
    -101,
)  # fmt: skip
_BEFORE = Prepared(lambda pk: Answer.objects.filter(invitation=pk).values_list("pk", "state"), -101)
