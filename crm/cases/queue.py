"""The queue: which cases a page shows, and what is most at stake first.

At stake is what the customer brought so far, times the priority (1 to 4), twice that once we are late.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from datetime import datetime
from urllib.parse import urlencode

from django.db import models
from django.db.models import Case as Choose
from django.db.models import Count, F, Q, Value, When
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from crm import masking
from crm.models import Case, CaseQuerySet, User
from crm.paging import Page, page_of

FOLDERS: dict[str, str | Promise] = {
    "open": _("All open"),
    "mine": _("Mine"),
    "free": _("Nobody's"),
    "late": _("Late"),
    "waiting": _("Waiting"),
    "done": _("Done"),
}
ORDERS: dict[str, tuple[str, ...]] = {
    "stake": ("-stake", "id"),
    "due": ("due_at", "id"),
    "newest": ("-opened_at", "-id"),
}


@dataclass(frozen=True, slots=True)
class Filters:
    """What the address of the queue says; unknown values are as good as none."""

    folder: str = ""
    q: str = ""
    priority: str = ""
    category: str = ""
    sort: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        given = {
            one.name: str(query.get(one.name, "")).replace("\0", "").strip()[:200] for one in fields(cls)
        }
        if given["folder"] not in FOLDERS:
            given["folder"] = ""
        if given["sort"] not in ORDERS:
            given["sort"] = ""
        if given["priority"] not in {str(value) for value in Case.Priority.values}:
            given["priority"] = ""
        return cls(**given)

    @property
    def shown(self) -> str:
        return self.folder or "open"

    @property
    def order(self) -> tuple[str, ...]:
        return ORDERS[self.sort or ("newest" if self.shown == "done" else "stake")]

    @property
    def narrowing(self) -> bool:
        return bool(self.q or self.priority or self.category)

    def query(self) -> str:
        return urlencode({one.name: value for one in fields(self) if (value := getattr(self, one.name))})

    def into(self, folder: str) -> str:
        """The query of the same filters in another folder."""
        return replace(self, folder=folder).query()

    def apply(self, cases: CaseQuerySet, user: User, now: datetime) -> CaseQuerySet:
        cases = _in_folder(cases, self.shown, user, now)
        if self.q and masking.active():  # What must not be read must not be guessed by searching either.
            number = self.q.lstrip("#")
            cases = cases.filter(pk=int(number)) if number.isascii() and number.isdigit() else cases.none()
        elif self.q:
            cases = cases.search(self.q)
        if self.priority:
            cases = cases.filter(priority=int(self.priority))
        return cases.filter(category__iexact=self.category) if self.category else cases


def _in_folder(cases: CaseQuerySet, folder: str, user: User, now: datetime) -> CaseQuerySet:
    match folder:
        case "mine":
            return cases.at_work().filter(owner=user)
        case "free":
            return cases.at_work().filter(owner=None)
        case "late":
            return cases.overdue(now)
        case "waiting":
            return cases.filter(state=Case.State.WAITING)
        case "done":
            return cases.filter(state__in=Case.DONE)
        case _:
            return cases.at_work()


def _is_late(now: datetime) -> Q:
    late = Q(first_response_at=None, first_due_at__lt=now) | Q(due_at__lt=now)
    return late & Q(state__in=(Case.State.NEW, Case.State.OPEN))


def with_stake(cases: CaseQuerySet, now: datetime) -> CaseQuerySet:
    """Add what is at stake; one unit more for everybody, so that who never bought stands by urgency too."""
    late = Choose(When(_is_late(now), then=Value(2)), default=Value(1), output_field=models.IntegerField())
    worth = Cast(F("worth"), models.FloatField()) + 1.0
    return cases.annotate(
        late=Choose(When(_is_late(now), then=True), default=False, output_field=models.BooleanField()),
        stake=models.ExpressionWrapper(worth * F("priority") * late, output_field=models.FloatField()),
    )


def listed(
    cases: CaseQuerySet, filters: Filters, user: User, now: datetime, *, after: str = "", before: str = ""
) -> Page[Case]:
    """One page of the queue."""
    found = filters.apply(with_stake(cases, now), user, now).select_related("customer", "owner", "level")
    return page_of(found, filters.order, after=after, before=before, size=50)


def counts(cases: CaseQuerySet, user: User, now: datetime) -> dict[str, int]:
    """How many cases at work are in each folder: one query over the open ones."""
    found = cases.at_work().aggregate(
        open=Count("pk"),
        mine=Count("pk", filter=Q(owner=user)),
        free=Count("pk", filter=Q(owner=None)),
        late=Count("pk", filter=_is_late(now)),
        waiting=Count("pk", filter=Q(state=Case.State.WAITING)),
    )
    return {name: int(value) for name, value in found.items()}
