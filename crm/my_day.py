"""Tasks: who sees which, done and undone, the next of a repeated one; and what one day asks of somebody."""

from __future__ import annotations

from calendar import monthrange
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta

from django.core.cache import cache
from django.db import transaction
from django.db.models import CharField, F, Q, QuerySet
from django.db.models.functions import Cast, Substr
from django.utils.formats import date_format
from django.utils.translation import gettext

from crm import access, cases, masking, subscriptions
from crm.models import Case, Customer, Subscription, Task, User

SHOWN = 100
NEXT_DAYS = 7
BADGE_SECONDS = 30


def visible(user: access.Person) -> QuerySet[Task]:
    """All tasks; for who sees only their own customers those about them, and their own about nobody."""
    everything = Task.objects.all()
    if not isinstance(user, User):
        return everything.none()
    if user.scope != User.Scope.OWN:
        return everything
    return everything.filter(Q(customer__owner=user) | Q(customer=None, case=None, owner=user))


def finish(task: Task, *, at: datetime, today: date) -> bool:
    """Open → done, once; a repeated task is followed by its next."""
    with transaction.atomic():
        if not Task.objects.filter(pk=task.pk, done_at=None).update(done_at=at):
            return False
        if task.repeat:
            following = Task.objects.create(
                title=task.title,
                customer_id=task.customer_id,
                owner_id=task.owner_id,
                due_on=next_day(task.due_on or today, task.repeat, after=today),
                due_time=task.due_time,
                repeat=task.repeat,
                created_at=at,
            )
            Task.objects.filter(pk=task.pk).update(next_task=following)
    _forget_badge(task)
    return True


def reopen(task: Task) -> bool:
    """Done → open, once; the next one that this made goes again while nobody has done it."""
    with transaction.atomic():
        if not Task.objects.filter(pk=task.pk, done_at__isnull=False).update(done_at=None, next_task=None):
            return False
        if task.next_task_id:
            Task.objects.filter(pk=task.next_task_id, done_at=None).delete()
    _forget_badge(task)
    return True


def next_day(day: date, repeat: str, *, after: date) -> date:
    """The first of the repeated days that lies after both `day` and `after`."""
    first, steps = day, 1
    while (found := _step(first, repeat, steps)) <= max(after, first):
        steps += 1
    return found


def _step(first: date, repeat: str, steps: int) -> date:
    match repeat:
        case Task.Repeat.DAILY:
            return first + timedelta(days=steps)
        case Task.Repeat.WEEKLY:
            return first + timedelta(weeks=steps)
    months = steps * (12 if repeat == Task.Repeat.YEARLY else 1)
    year, month = divmod(first.year * 12 + first.month - 1 + months, 12)
    return date(year, month + 1, min(first.day, monthrange(year, month + 1)[1]))


@dataclass(frozen=True, slots=True)
class Call:
    """Somebody to ring up, and why."""

    customer: Customer
    reasons: list[str] = field(default_factory=list)


def _call(found: dict[int, Call], person: Customer | None, reason: str) -> None:
    if person is not None and person.phone and not masking.active():
        found.setdefault(person.pk, Call(person)).reasons.append(reason)


@dataclass(frozen=True, slots=True)
class Day:
    """What waits for one member of staff."""

    late: list[Task] = field(default_factory=list)
    today: list[Task] = field(default_factory=list)
    coming: list[Task] = field(default_factory=list)
    someday: list[Task] = field(default_factory=list)
    done: list[Task] = field(default_factory=list)
    cases: list[Case] = field(default_factory=list)
    birthdays: list[Customer] = field(default_factory=list)
    renewals: list[Subscription] = field(default_factory=list)

    @property
    def calls(self) -> list[Call]:
        """Who has a phone number and something to be said to today, each once with all reasons."""
        found: dict[int, Call] = {}
        for one in [*self.late, *self.today]:
            _call(found, one.customer, one.title)
        for person in self.birthdays:
            _call(found, person, gettext("birthday"))
        for sub in self.renewals:
            day = date_format(sub.renews_on, "SHORT_DATE_FORMAT")
            words = gettext("%(product)s renews on %(day)s") % {"product": sub.product, "day": day}
            _call(found, sub.customer, words)
        return list(found.values())

    @property
    def waiting(self) -> int:
        return len(self.late) + len(self.today)

    @property
    def is_empty(self) -> bool:
        lists = (self.late, self.today, self.coming, self.someday, self.cases, self.birthdays, self.renewals)
        return not any(lists)


def of(user: User, *, now: datetime, today: date, midnight: datetime) -> Day:
    """The day of `user`; `midnight` is when it began in the shop. Five queries."""
    mine = visible(user).filter(owner=user).select_related("customer", "case")
    week = today + timedelta(days=NEXT_DAYS)
    chosen = mine.filter(Q(due_on=None) | Q(due_on__lte=week), done_at=None)
    tasks = list(chosen.order_by(F("due_on").asc(nulls_last=True), F("due_time").asc(nulls_last=True), "pk"))
    return Day(
        late=[one for one in tasks if one.due_on and one.due_on < today][:SHOWN],
        today=[one for one in tasks if one.due_on == today][:SHOWN],
        coming=[one for one in tasks if one.due_on and one.due_on > today][:SHOWN],
        someday=[one for one in tasks if not one.due_on][:SHOWN],
        done=list(mine.filter(done_at__gte=midnight).order_by("-done_at", "-pk")[:10]),
        cases=_cases(user, midnight + timedelta(days=1)),
        birthdays=_birthdays(user, today),
        renewals=_renewals(user, today),
    )


def _renewals(user: User, today: date) -> list[Subscription]:
    """What renews within a week, of the customers whom `user` looks after."""
    due = subscriptions.due_within(Subscription.objects.all(), today, NEXT_DAYS)
    mine = due.filter(customer__in=access.customers(user).filter(owner=user).values("pk"))
    return list(mine.select_related("customer", "product").order_by("renews_on", "pk")[:20])


def _cases(user: User, until: datetime) -> list[Case]:
    """Cases given to `user` that promise something before `until`."""
    due = Q(first_response_at=None, first_due_at__lt=until) | Q(due_at__lt=until)
    here = (Case.State.NEW, Case.State.OPEN)
    mine = cases.visible(user).filter(due, owner=user, state__in=here).select_related("customer")
    return list(mine.order_by("due_at", "pk")[:20])


def _birthdays(user: User, today: date) -> list[Customer]:
    """Customers of `user` whose birthday is today; 29 February is on the 28th when there is no 29th."""
    if masking.active():
        return []
    marks = [f"{today:%m-%d}"]
    if marks == ["02-28"] and monthrange(today.year, 2)[1] == 28:
        marks.append("02-29")
    mine = access.customers(user).filter(owner=user, birth_date__isnull=False, birth_date__lt=today)
    day = Substr(Cast("birth_date", CharField()), 6, 5)
    return list(mine.annotate(day=day).filter(day__in=marks).order_by("last_name", "pk")[:20])


def badge(user: User, today: date) -> int:
    """How many tasks of `user` are late or due today; remembered for a moment, because every page asks."""

    def count() -> int:
        return visible(user).filter(owner=user, done_at=None, due_on__lte=today).count()

    return int(cache.get_or_set(f"my-day:{user.pk}:{today}", count, BADGE_SECONDS) or 0)


def forget_badge(*users: int | None) -> None:
    """Count anew for these members of staff, whichever day it is there."""
    today = datetime.now().astimezone().date()
    days = [today + timedelta(days=step) for step in (-1, 0, 1)]
    cache.delete_many([f"my-day:{pk}:{day}" for pk in users if pk for day in days])


def _forget_badge(task: Task) -> None:
    forget_badge(task.owner_id)


def is_late(task: Task, *, now: datetime) -> bool:
    """Whether the time of an open task has passed, on the clock of `now`'s zone."""
    if task.done_at or not task.due_on:
        return False
    return (task.due_on, task.due_time or time.max) < (now.date(), now.time())
