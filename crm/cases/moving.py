"""What moves a case: who works on it, how urgent it is, and through which states it goes."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm import access, audit
from crm.cases import levels, notices, promises
from crm.cases.opening import remember, worth_of
from crm.errors import Refusal
from crm.models import Case, Customer, User

State = Case.State


def _plain(value: Any) -> Any:
    return value.pk if hasattr(value, "pk") else value


@transaction.atomic
def move(case: Case, by: User | None, *, only: tuple[str, ...], at: datetime, **values: Any) -> bool:
    """Change a case that is in one of these states; False when it was not any more. Audited."""
    before = {name: _plain(getattr(case, name)) for name in values if name in AUDITED}
    held = Case.objects.filter(pk=case.pk, state__in=only)
    if not held.update(**values, changed_at=at):
        return False
    for name, value in values.items():
        setattr(case, name, value)
    case.changed_at = at
    after = {name: _plain(values[name]) for name in before}
    changed = {name for name in before if before[name] != after[name]}
    if changed:
        change = ({name: before[name] for name in changed}, {name: after[name] for name in changed})
        audit.record(by, "changed", case, change=change)
    return True


AUDITED = {"state", "owner", "priority", "outcome", "customer", "category", "subject"}
EVERY = tuple(State.values)


def _moved_on() -> Refusal:
    return Refusal(_("Somebody else changed this case meanwhile. Look at it again."))


def assign(case: Case, owner: User | None, *, by: User | None, at: datetime) -> None:
    """Give the case to somebody, or to nobody."""
    if owner is not None and not access.may(owner, access.Right.SERVE):
        raise Refusal(_("%(name)s may not work on cases.") % {"name": owner})
    if case.owner_id == (owner.pk if owner else None):
        return
    move(case, by, only=EVERY, at=at, owner=owner)
    if owner is not None:
        notices.tell_these([owner], case, "given", mark=at.isoformat(), but=by)


def prioritise(case: Case, priority: int, *, by: User | None, at: datetime) -> None:
    """Make it more or less urgent; what is due moves along."""
    times = promises.reprioritised(case, priority, at=at) if not case.is_done else {}
    move(case, by, only=EVERY, at=at, priority=Case.Priority(priority), **times)


def belongs_to(case: Case, customer: Customer, *, by: User | None, at: datetime) -> None:
    """Say whose case it is; what is due moves along where that customer was promised more."""
    level = levels.level_of(customer)
    values: dict[str, Any] = {"customer": customer, "worth": worth_of(customer), "level": level}
    if level is not None and not case.is_done:
        values |= promises.reprioritised(case, case.priority, at=at, level=level)
    move(case, by, only=EVERY, at=at, **values)


def work(case: Case, *, by: User | None, at: datetime) -> None:
    """Say that we are at it (again): the clock runs."""
    if case.state == State.OPEN:
        return
    times = promises.resumed(case, at=at) if case.state == State.WAITING else {}
    if not move(case, by, only=(State.NEW, State.WAITING), at=at, state=State.OPEN, **times):
        raise _moved_on()


def wait(case: Case, *, by: User | None, at: datetime) -> None:
    """It is the customer's turn: the clock stops."""
    if case.state == State.WAITING:
        return
    times = promises.paused(case, at=at)
    if not move(case, by, only=(State.NEW, State.OPEN), at=at, state=State.WAITING, **times):
        raise _moved_on()


def solve(case: Case, *, by: User | None, at: datetime, outcome: str = Case.Outcome.HELPED) -> None:
    """It is done, as far as we know."""
    values = _ended(case, at)
    done = move(
        case, by, only=Case.AT_WORK, at=at, state=State.SOLVED, solved_at=at, outcome=outcome, **values
    )
    if not done:
        raise _moved_on()
    remember(case, "case_solved", at=at, key=f"{case.pk}:solved:{at.isoformat()}")


def close(case: Case, *, by: User | None, at: datetime, outcome: str = "") -> None:
    """It rests: a later word opens a new case that names this one."""
    values: dict[str, Any] = _ended(case, at) if not case.is_done else {}
    if outcome or not case.outcome:
        values["outcome"] = outcome or Case.Outcome.NOTHING
    if case.solved_at is None:
        values["solved_at"] = at
    if not move(case, by, only=(*Case.AT_WORK, State.SOLVED), at=at, state=State.CLOSED, **values):
        raise _moved_on()


def reopen(case: Case, *, by: User | None, at: datetime) -> None:
    """It was not done after all; its solution is due anew."""
    if case.merged_into_id is not None:
        raise Refusal(_("This case went into another one. Take it apart first."))
    due = promises.fresh(case.priority, since=at, level=case.level)["due_at"]
    values = {"solved_at": None, "outcome": "", "due_at": due, "escalated_at": None}
    if not move(case, by, only=Case.DONE, at=at, state=State.OPEN, **values):
        raise _moved_on()
    remember(case, "case_reopened", at=at, key=f"{case.pk}:reopened:{at.isoformat()}")


def _ended(case: Case, at: datetime) -> dict[str, Any]:
    """The clocks stop for good; what the customer took is kept."""
    if case.waiting_since is None:
        return {}
    waited = int(max((at - case.waiting_since).total_seconds(), 0))
    ended = {"waiting_seconds": case.waiting_seconds + waited, "waiting_since": None}
    return {**ended, "left_seconds": None, "first_left_seconds": None}


def watch(case: Case, user: User) -> None:
    """Hear of what happens with it."""
    case.watchers.add(user)


def unwatch(case: Case, user: User) -> None:
    case.watchers.remove(user)
