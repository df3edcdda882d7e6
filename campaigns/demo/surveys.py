"""The surveys of the invented shop, and what people answer to them."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from numpy.random import Generator

from campaigns.demo import voices
from campaigns.demo.people import Person
from crm import ledger
from crm.models import Business
from feedback import answers, telling
from feedback.models import Answer, Invitation, Question, Survey

type Asked = tuple[Person, str, str, datetime, float]

SURVEYS = (
    ("recommend", "Would you recommend us?", "nps", Question(key="liked", kind="multi", texts=voices.LIKED)),
    (
        "last-order",
        "How was your last order?",
        "csat",
        Question(key="packing", kind="rating", texts=voices.PACKING),
    ),
    ("product", "How do you like it?", "csat", None),
    ("easy-help", "Was it easy to get help?", "ces", None),
)


@dataclass(frozen=True, slots=True)
class Hope:
    """How likely an invitation is answered, and how much better than usual somebody feels then."""

    invitation: Invitation
    person: Person
    chance: float
    lift: float = 0.0


def make(now: datetime) -> dict[str, Survey]:
    surveys = {}
    for n, (slug, name, kind, question) in enumerate(SURVEYS):
        surveys[slug] = survey = Survey.objects.create(
            slug=slug,
            name=name,
            kind=kind,
            texts=voices.TEXTS[slug],
            look={"reviews": True, "shape": "stars"} if slug == "product" else {},
            is_demo=True,
            created_at=now - timedelta(days=380 + n),
        )
        if question:
            Question.objects.create(survey=survey, key=question.key, kind=question.kind, texts=question.texts)
    return surveys


def invite(asked: Iterable[Asked], surveys: dict[str, Survey], sources: dict[str, str]) -> list[Hope]:
    """Keep the invitations; the same source asks a person once."""
    hopes: dict[tuple[int, str, int], Hope] = {}
    for person, slug, source, at, chance in asked:
        survey, known = surveys[slug], sources.get(source, source)
        row = Invitation(
            survey=survey,
            customer=person.customer,
            source=known,
            asked_at=at,
            expires_at=at + timedelta(days=survey.valid_days),
        )
        hopes[survey.pk, known, person.customer.pk] = Hope(row, person, chance)
    Invitation.objects.bulk_create([one.invitation for one in hopes.values()], batch_size=2000)
    return list(hopes.values())


def answer(rng: Generator, hopes: Iterable[Hope], now: datetime, business: Business) -> list[Answer]:
    """Those who answer do it within some hours; their answers stand in the ledger, too."""
    made = []
    for hope in hopes:
        at = hope.invitation.asked_at + timedelta(hours=float(rng.lognormal(2.0, 1.0)), minutes=3)
        if rng.random() < hope.chance and at < now:
            made.append(_answer(rng, hope, at, now))
    Answer.objects.bulk_create(made, batch_size=2000)
    answered = [one.invitation.pk for one in made if one.invitation]
    Invitation.objects.filter(pk__in=answered).update(state=Invitation.State.ANSWERED)
    _remember(made, business)
    return made


def _remember(made: Sequence[Answer], business: Business) -> None:
    questions: dict[int, list[Question]] = {one.survey_id: [] for one in made}
    for question in Question.objects.filter(survey__in=list(questions)):
        questions[question.survey_id].append(question)
    ledger.record(
        entry
        for one in made
        for entry in telling.ledger_entries(one.survey, questions[one.survey_id], one, business.language)
    )


def _answer(rng: Generator, hope: Hope, at: datetime, now: datetime) -> Answer:
    row, person = hope.invitation, hope.person
    score, comment, values = voices.answer(
        rng, person, row.survey.slug, at.date(), now.date(), lift=hope.lift
    )
    return Answer(
        survey=row.survey,
        customer=person.customer,
        invitation=row,
        key=f"invitation:{row.pk}",
        source=row.source,
        channel=answers.channel_of(row.source),
        product_id=row.product_id,
        score=score,
        comment=comment,
        values=values,
        language="zh-hans" if person.customer.language == "zh-hans" else "en",
        answered_at=at,
    )
