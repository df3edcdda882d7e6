"""Calls, meetings, chats, mails and notes that staff write down; their author may change them for a day."""

from __future__ import annotations

import uuid
from dataclasses import dataclass
from datetime import date, datetime

from django.db import transaction
from django.utils.dateparse import parse_datetime
from django.utils.text import Truncator
from django.utils.translation import gettext as _

from crm import access, audit, ledger
from crm.errors import Refusal
from crm.models import AuditEntry, Customer, Interaction, Task, User
from crm.timeline import CHANGEABLE, WRITTEN


@dataclass(frozen=True, slots=True)
class Talk:
    """What was said when, and how it went; perhaps what to do next."""

    kind: str
    at: datetime
    text: str
    minutes: int | None = None
    outcome: str = ""
    follow_up: str = ""
    follow_on: date | None = None


@transaction.atomic
def note(person: Customer, talk: Talk, *, by: User, now: datetime) -> Interaction:
    """Append to the ledger, with the task that follows."""
    entry = Interaction(customer=person, source="staff", key=str(uuid.uuid4()))
    _fill(entry, talk, by=by.pk, noted_at=now)
    ledger.record([entry])
    if talk.follow_up:
        Task.objects.create(
            title=talk.follow_up, customer=person, owner=by, due_on=talk.follow_on, created_at=now
        )
    audit.record(by, AuditEntry.Action.CREATED, ("interaction", entry.key), detail=talk.kind)
    return entry


@transaction.atomic
def change(entry: Interaction, talk: Talk, *, by: User, now: datetime) -> None:
    """Correct what one wrote oneself, within a day; what stood there before is in the audit log."""
    if not may_change(entry, by, now):
        raise Refusal(_("Only who wrote this can change it, for a day. Add a note instead."))
    before = _facts(entry)
    noted = str(entry.properties.get("noted_at") or entry.at.isoformat())
    _fill(entry, talk, by=by.pk, noted_at=parse_datetime(noted) or entry.at)
    Interaction.objects.filter(pk=entry.pk).update(
        kind=entry.kind, at=entry.at, title=entry.title, properties=entry.properties
    )
    changed = audit.difference(before, _facts(entry))
    audit.record(by, AuditEntry.Action.CHANGED, ("interaction", entry.key), change=changed)


def find(person: Customer, pk: int, user: access.Person) -> Interaction | None:
    return access.visible(user, person.interactions.filter(pk=pk, source="staff", kind__in=WRITTEN)).first()


def may_change(entry: Interaction, user: User, now: datetime) -> bool:
    noted = parse_datetime(str(entry.properties.get("noted_at", ""))) or entry.at
    return entry.properties.get("by") == user.pk and now - noted < CHANGEABLE


def _fill(entry: Interaction, talk: Talk, *, by: int, noted_at: datetime) -> None:
    told = {"minutes": talk.minutes, "outcome": talk.outcome}
    entry.kind, entry.at = talk.kind, talk.at
    entry.title = Truncator(talk.text).words(8)[:250]
    entry.properties = {
        "text": talk.text, "by": by, "noted_at": noted_at.isoformat(),
        **{name: value for name, value in told.items() if value},
    }  # fmt: skip


def _facts(entry: Interaction) -> dict[str, object]:
    said = {name: entry.properties.get(name) for name in ("text", "minutes", "outcome")}
    return {"kind": entry.kind, "at": entry.at, **said}
