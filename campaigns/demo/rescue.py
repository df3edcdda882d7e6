"""Rules for bad answers, the cases that they opened, and the question whether it is better now."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime, timedelta

from numpy.random import Generator

from campaigns.demo import groups
from campaigns.demo.history import ASKED_ON, MONTH
from campaigns.demo.people import Person
from campaigns.demo.surveys import Hope
from crm.cases import talking
from crm.models import Case, CaseMessage, Message, User
from feedback import acting, closing, reasking
from feedback.models import Answer, ClosingRule, Invitation, Reask, Survey

DAYS = 120  # Since when there are rules; who was unhappy before was left alone.
FRESH = timedelta(days=4)
WORDS = {
    "en": (
        (Case.Outcome.REPLACED, "We are sorry. A fresh bag left us today, and the old one is yours to keep."),
        (Case.Outcome.REFUNDED, "You are right, that was not good. Your money is on its way back."),
        (
            Case.Outcome.HELPED,
            "Thank you for your plain words. It is put right, and will not happen again.",
        ),
    ),
    "zh-hans": (
        (Case.Outcome.REPLACED, "非常抱歉。我们今天已经补寄了一份新的，原来那份您留着就好。"),
        (Case.Outcome.REFUNDED, "您说得对，是我们没有做好。款项已经退回。"),
        (Case.Outcome.HELPED, "谢谢您直说。我们已经和快递公司沟通，问题解决了。"),
    ),
}


def make_rules(surveys: Mapping[str, Survey], owner: User | None, now: datetime) -> list[ClosingRule]:
    common = {"owner": owner, "created_at": now - timedelta(days=DAYS)}
    return [
        ClosingRule.objects.create(
            name="Would not recommend us: write within a day",
            survey=surveys["recommend"],
            score_to=6,
            due_hours=24,
            tag=groups.CARE,
            reask_days=7,
            **common,
        ),
        ClosingRule.objects.create(
            name="Something was wrong with the order: write the same day",
            survey=surveys["last-order"],
            score_to=2,
            due_hours=8,
            reask_days=10,
            **common,
        ),
    ]


def look_after(rng: Generator, rules: Sequence[ClosingRule], by: User | None, now: datetime) -> None:
    """Carry out the rules for the answers of that time, and answer nearly all of the cases."""
    bad = Answer.objects.filter(survey__in=[one.survey_id for one in rules], score__lte=6)
    bad = bad.filter(answered_at__gte=now - timedelta(days=DAYS)).select_related("survey", "customer")
    for answer in bad.order_by("answered_at", "pk"):
        if acting.follow(answer, rules) and by is not None:
            case = Case.objects.select_related("customer").get(source=closing.source_of(answer))
            _work(rng, case, by, now)


def _work(rng: Generator, case: Case, by: User, now: datetime) -> None:
    replied_at = case.opened_at + timedelta(hours=float(rng.lognormal(2.2, 0.7)))
    if replied_at > now or (now - case.opened_at < FRESH and rng.random() < 0.5):
        return
    words = WORDS.get(case.language, WORDS["en"])
    outcome, text = words[int(rng.integers(len(words)))]
    waits = now - replied_at < FRESH or not case.write_to
    talking.reply(
        case,
        text,
        by=by,
        at=replied_at,
        then=Case.State.WAITING if waits else Case.State.SOLVED,
        outcome=outcome,
        key="demo",
        post=_by_hand,
    )


def _by_hand(_message: CaseMessage) -> None:
    """Long ago; nothing is sent now."""


def ask_again(people: Mapping[int, Person], now: datetime) -> list[Hope]:
    """Ask those whose case was solved, on the days on which they were due."""
    for week in range(DAYS // 7, -1, -1):
        reasking.ask_due(now - timedelta(days=7 * week, hours=2))
    asked = {
        f"reask:{one.pk}": one.asked_at
        for one in Reask.objects.filter(state=Reask.State.ASKED, customer__in=list(people))
    }
    mails = list(Message.objects.filter(mailing__source=reasking.SOURCE, key__in=list(asked)))
    for one in mails:
        one.state, one.attempts = Message.State.SENT, 1
        at = asked[one.key] or now
        one.planned_at, one.sent_at = at, at
    Message.objects.bulk_update(mails, ["state", "planned_at", "sent_at", "attempts"], batch_size=500)
    found = Invitation.objects.filter(source__in=list(asked)).select_related("survey").order_by("pk")
    return [Hope(one, people[one.customer_id], 0.6, lift=0.25) for one in found]


def asked_by_chance(
    rng: Generator, people: Mapping[int, Person], now: datetime
) -> Iterator[tuple[Person, str, str, datetime, float]]:
    """Unhappy people from before the rules who were asked some weeks later, as anybody may be."""
    before = now - timedelta(days=DAYS)
    alone = Answer.objects.filter(survey__slug="recommend", score__lte=6, answered_at__lt=before)
    for answer in alone.filter(customer__in=list(people)).order_by("answered_at", "pk"):
        at = answer.answered_at + timedelta(days=int(rng.integers(40, 100)))
        if (now.date() - at.date()).days % MONTH == ASKED_ON:
            at += timedelta(days=1)  # A day on which others are asked by hand; nobody is asked twice.
        if answer.customer_id and at < now and rng.random() < 0.5:
            yield people[answer.customer_id], "recommend", f"staff:{at:%Y-%m-%d}", at, 0.55
