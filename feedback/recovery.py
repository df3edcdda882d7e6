"""Did unhappy customers come back? Those whom somebody looked after against those whom nobody did.

Of each customer the first bad answer of the period counts. Looked after: the case of that answer got a first
reply or was solved. Back: the next answer to the same survey is no longer bad (NPS: 7 or more).
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.db.models import F, Max, QuerySet, Window
from django.db.models.functions import Lead

from crm.models import Case
from feedback import measuring
from feedback.models import Answer, Survey
from feedback.numerics.shares import Gap, Share, gap, share


@dataclass(frozen=True, slots=True)
class Group:
    """Unhappy customers, how many answered again and are back, and how many have bought since."""

    people: int
    again: int
    back: int
    bought: int

    @property
    def back_share(self) -> Share | None:
        return share(self.back, self.again)

    @property
    def bought_share(self) -> Share | None:
        return share(self.bought, self.people)

    @property
    def again_share(self) -> Share | None:
        return share(self.again, self.people)


@dataclass(frozen=True, slots=True)
class Recovery:
    contacted: Group
    alone: Group

    @property
    def people(self) -> int:
        return self.contacted.people + self.alone.people

    @property
    def back(self) -> Gap | None:
        a, b = self.contacted.back_share, self.alone.back_share
        return gap(a, b) if a and b else None

    @property
    def bought(self) -> Gap | None:
        a, b = self.contacted.bought_share, self.alone.bought_share
        return gap(a, b) if a and b else None


@dataclass(frozen=True, slots=True)
class Unhappy:
    answer: int
    customer: int
    at: datetime
    is_contacted: bool
    next_score: int | None
    is_back: bool
    has_bought: bool

    @property
    def marks(self) -> list[str]:
        """The groups that somebody belongs to, as addresses name them."""
        told = {"back": self.is_back, "bought": self.has_bought}
        return [
            "contacted" if self.is_contacted else "alone",
            *(name for name, holds in told.items() if holds),
        ]


def unhappy(survey: Survey, answers: QuerySet[Answer], since: datetime | None) -> list[Unhappy]:
    """The first bad answer of each customer in the period, and what came of it."""
    _good, middle = measuring.bounds(survey)
    told = answers.filter(survey=survey).exclude(customer=None).exclude(score=None)
    following = Window(Lead("score"), partition_by=F("customer"), order_by=[F("answered_at"), F("pk")])
    # As a window too, so that good answers are left out only after each one's follower was found.
    own = Window(Max("score"), partition_by=F("pk"))
    rows = told.annotate(following=following, own=own).filter(own__lt=middle).order_by("answered_at", "pk")
    names = ("pk", "customer", "answered_at", "following", "customer__features__last_bought_on")
    first: dict[int, tuple[int, datetime, int | None, bool]] = {}
    for pk, customer, at, next_score, last in rows.values_list(*names):
        if since and at < since:
            continue
        first.setdefault(customer, (pk, at, next_score, bool(last and last > at.date())))
    helped = _helped()
    return [
        Unhappy(
            pk,
            customer,
            at,
            f"answer:{pk}" in helped,
            next_score,
            next_score is not None and next_score >= middle,
            bought,
        )
        for customer, (pk, at, next_score, bought) in first.items()
    ]


def of(survey: Survey, answers: QuerySet[Answer], since: datetime | None) -> Recovery:
    rows = unhappy(survey, answers, since)
    return Recovery(
        _group([one for one in rows if one.is_contacted]),
        _group([one for one in rows if not one.is_contacted]),
    )


def _group(rows: list[Unhappy]) -> Group:
    return Group(
        len(rows),
        sum(one.next_score is not None for one in rows),
        sum(one.is_back for one in rows),
        sum(one.has_bought for one in rows),
    )


def _helped() -> set[str]:
    cases = Case.objects.filter(channel=Case.Channel.ANSWER)
    replied = cases.filter(first_response_at__isnull=False).values_list("source", flat=True)
    solved = cases.filter(solved_at__isnull=False).values_list("source", flat=True)
    return {source for source in (*replied, *solved) if source}
