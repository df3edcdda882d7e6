"""Questions that the invented shop asks by itself, and the reviews that came of them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta

from numpy.random import Generator

from campaigns.demo.people import Person
from campaigns.demo.surveys import Hope
from crm.models import Message
from feedback import reviews
from feedback.asking import running
from feedback.models import Answer, Asking, Invitation, Review, Survey

DAYS = 80
STEP = 4


def make(surveys: Mapping[str, Survey], now: datetime) -> list[Asking]:
    """Two that are on, and one that is prepared."""
    begun = now - timedelta(days=DAYS)
    made = [
        Asking(
            survey=surveys["product"],
            name="What people say about their purchase",
            occasion=Asking.Occasion.PURCHASE,
            state=Asking.State.ON,
            delay_days=14,
            a_day=30,
        ),
        Asking(
            survey=surveys["easy-help"],
            name="After a case: was it easy?",
            occasion=Asking.Occasion.CASE,
            state=Asking.State.ON,
            delay_days=2,
            rest_days=3,
        ),
        Asking(
            survey=surveys["recommend"],
            name="Twice a year: would you recommend us?",
            occasion=Asking.Occasion.SCHEDULE,
            segment="bought-lately",
            rest_days=180,
            a_day=20,
        ),
    ]
    for one in made:
        one.created_at = begun
        one.mark = begun - timedelta(days=one.delay_days)
    return Asking.objects.bulk_create(made)


def run(one: Asking, people: Mapping[int, Person], now: datetime) -> list[Hope]:
    """Let it ask as it would have asked on those days; the mails count as sent then."""
    for ago in range(DAYS - STEP, 0, -STEP):
        running.run(one, now=now - timedelta(days=ago))
    asked = Invitation.objects.filter(source__startswith=f"{one.source}:").select_related("survey")
    rows = {row.pk: row for row in asked.order_by("pk")}
    mails = list(Message.objects.filter(mailing__source=one.source, state=Message.State.QUEUED))
    for mail in mails:
        asked_at = rows[mail.context["invitation"]].asked_at
        mail.state, mail.attempts = Message.State.SENT, 1
        mail.planned_at, mail.sent_at = asked_at, asked_at + timedelta(minutes=2)
    Message.objects.bulk_update(mails, ["state", "attempts", "planned_at", "sent_at"], batch_size=500)
    return [Hope(row, people[row.customer_id], 0.4) for row in rows.values()]


def publish(rng: Generator, answers: Sequence[Answer], now: datetime) -> None:
    """Reviews of what was answered; the newest still wait for somebody to read them."""
    for answer in answers:
        review = reviews.follow(answer)
        age = now - answer.answered_at
        if review is None or age < timedelta(days=6):
            continue
        hide = not answer.comment and rng.random() < 0.3
        reviews.decide(
            review,
            Review.State.HIDDEN if hide else Review.State.SHOWN,
            at=answer.answered_at + timedelta(hours=20),
        )
