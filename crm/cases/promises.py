"""What we promise: when the first answer and the solution are due, paused while we wait for the customer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from crm.cases import levels
from crm.cases.hours import Calendar, minutes_of
from crm.models import Business, BusinessHours, Case, Customer, Holiday, ServiceLevel, SlaPolicy

Priority = Case.Priority
USUAL: dict[int, tuple[int, int]] = {  # Minutes of service until the first answer and the solution.
    Priority.URGENT: (60, 8 * 60),
    Priority.HIGH: (4 * 60, 16 * 60),
    Priority.NORMAL: (8 * 60, 24 * 60),
    Priority.LOW: (16 * 60, 40 * 60),
}


def calendar() -> Calendar:
    """The shop's hours of service now."""
    week = {
        int(day): tuple((minutes_of(begin), minutes_of(end)) for begin, end in spans)
        for day, spans in BusinessHours.current().week.items()
    }
    holidays = frozenset(Holiday.objects.values_list("on", flat=True))
    return Calendar(week, holidays, Business.current().zone)


def minutes(priority: int) -> tuple[int, int]:
    """(first answer, solution) in minutes of service."""
    policy = SlaPolicy.objects.filter(priority=priority).first()
    return (policy.first_minutes, policy.solve_minutes) if policy else USUAL[priority]


def fresh(priority: int, *, since: datetime, level: ServiceLevel | None = None) -> dict[str, Any]:
    """The due times of a case whose clocks start now: the shorter promise of priority and service level."""
    first, solve = minutes(priority)
    if level is not None:
        first, solve = min(first, level.first_minutes), min(solve, level.solve_minutes)
    when = calendar()
    return {
        "first_due_at": when.add(since, first * 60),
        "due_at": when.add(since, solve * 60),
        "first_left_seconds": None,
        "left_seconds": None,
    }


def of(customer: Customer | None, priority: int, *, since: datetime) -> dict[str, Any]:
    """The service level of a customer, and the due times that it gives a new case."""
    level = levels.level_of(customer)
    return {"level": level, **fresh(priority, since=since, level=level)}


def paused(case: Case, *, at: datetime) -> dict[str, Any]:
    """What to store when the clocks stop: what is left of each promise instead of a day."""
    when = calendar()

    def left(due: datetime | None) -> int | None:
        return None if due is None else int(when.between(at, due))

    return {
        "waiting_since": at,
        "first_left_seconds": None if case.first_response_at else left(case.first_due_at),
        "left_seconds": left(case.due_at),
        "due_at": None,
    }


def resumed(case: Case, *, at: datetime) -> dict[str, Any]:
    """What to store when the clocks run again: the customer wrote, or a person went on."""
    when = calendar()
    waited = max(at - case.waiting_since, timedelta(0)) if case.waiting_since else timedelta(0)
    values: dict[str, Any] = {
        "waiting_since": None,
        "waiting_seconds": case.waiting_seconds + int(waited.total_seconds()),
        "first_left_seconds": None,
        "left_seconds": None,
    }
    if case.first_left_seconds is not None and case.first_response_at is None:
        values["first_due_at"] = when.add(at, case.first_left_seconds)
    if case.left_seconds is not None:
        values["due_at"] = when.add(at, case.left_seconds)
    else:
        values["due_at"] = fresh(case.priority, since=at, level=case.level)["due_at"]
    return values


def reprioritised(
    case: Case, priority: int, *, at: datetime, level: ServiceLevel | None = None
) -> dict[str, Any]:
    """The due times under another priority, counted from where they began, less what the customer took."""
    since = case.opened_at + timedelta(seconds=case.waiting_seconds)
    times = fresh(priority, since=since, level=level or case.level)
    if case.waiting_since is not None:
        when = calendar()
        ahead = {
            "first_left_seconds": int(when.between(at, times["first_due_at"])),
            "left_seconds": int(when.between(at, times["due_at"])),
            "first_due_at": times["first_due_at"],
        }
        return ahead if case.first_response_at is None else {"left_seconds": ahead["left_seconds"]}
    if case.first_response_at is not None:
        return {"due_at": times["due_at"]}
    return {"first_due_at": times["first_due_at"], "due_at": times["due_at"]}
