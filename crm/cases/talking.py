"""The conversation: what we write, what we note, and what the customer says."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm import audit
from crm.cases import attachments, letters, moving, notices
from crm.cases.opening import open_case
from crm.errors import Refusal
from crm.models import BusinessHours, Case, CaseMessage, User

State = Case.State
Direction = CaseMessage.Direction
type File = tuple[str, str, bytes]


def _said(case: Case, direction: str, key: str | None, **values: Any) -> tuple[CaseMessage, bool]:
    """Store a message; the same key twice is one message."""
    if key is None:
        return CaseMessage.objects.create(case=case, direction=direction, **values), True
    return CaseMessage.objects.get_or_create(case=case, key=key, defaults={"direction": direction, **values})


@transaction.atomic
def reply(  # noqa: PLR0913 - the parts of a reply.
    case: Case,
    text: str,
    *,
    by: User,
    at: datetime,
    then: str = State.WAITING,
    outcome: str = Case.Outcome.HELPED,
    key: str | None = None,
    post: Callable[[CaseMessage], None] | None = None,
    files: Sequence[File] = (),
) -> CaseMessage:
    """Answer the customer and say whose turn it is then: WAITING, OPEN or SOLVED.

    The answer goes out by mail with its (name, type, bytes) files, unless `post` brings it there in another
    way.
    """
    if case.merged_into_id is not None:
        raise Refusal(_("This case went into another one. Answer there."))
    if post is None and not case.write_to:
        raise Refusal(_("There is no e-mail address to answer to. Write an internal note instead."))
    message, fresh = _said(case, Direction.OUT, key, author=by, sender_name=str(by), text=text.strip(), at=at)
    if not fresh:
        return message
    attachments.keep(message, files, at=at)
    (post or letters.send)(message)
    if case.is_done:
        moving.reopen(case, by=by, at=at)
    if case.first_response_at is None:
        moving.move(case, by, only=moving.EVERY, at=at, first_response_at=at)
    if case.owner_id is None:
        moving.move(case, by, only=moving.EVERY, at=at, owner=by)
    if then == State.SOLVED:
        moving.solve(case, by=by, at=at, outcome=outcome)
    elif then == State.WAITING:
        moving.wait(case, by=by, at=at)
    else:
        moving.work(case, by=by, at=at)
    audit.record(by, "sent", case, count=1)
    return message


@transaction.atomic
def note(
    case: Case, text: str, *, by: User | None, at: datetime, key: str | None = None, **values: Any
) -> CaseMessage:
    """Write down something for ourselves; the customer never sees it."""
    given = {"author": by, "sender_name": str(by or ""), "text": text.strip(), "at": at, **values}
    message, fresh = _said(case, Direction.NOTE, key, **given)
    if fresh:
        Case.objects.filter(pk=case.pk).update(changed_at=at)
        notices.tell(case, "note", about=message, but=by)
    return message


@transaction.atomic
def hear(
    case: Case, text: str, *, at: datetime, key: str | None = None, quiet: bool = False, **values: Any
) -> tuple[Case, CaseMessage]:
    """The customer wrote: the clock runs again, a solved case reopens; one that rests gets a successor.

    Returns the case on which the message is now, and the message. `values` are fields of CaseMessage;
    `quiet` writes to nobody about it.
    """
    case = Case.objects.select_for_update(of=("self",)).select_related("customer", "owner").get(pk=case.pk)
    if case.merged_into_id is not None:
        return hear(leading(case), text, at=at, key=key, quiet=quiet, **values)
    if key and (known := CaseMessage.objects.filter(case=case, key=key).first()):
        return case, known
    if case.is_done and not _reopens(case, at):
        return _successor(case, text, at=at, key=key, values=values)
    message, _fresh = _said(case, Direction.IN, key, text=text, at=at, **values)
    if case.is_done:
        moving.reopen(case, by=None, at=at)
    elif case.state == State.WAITING:
        moving.work(case, by=None, at=at)
    else:
        Case.objects.filter(pk=case.pk).update(changed_at=at)
    if not quiet:
        notices.tell(case, "wrote", about=message)
    return case, message


def leading(case: Case) -> Case:
    """The case at the end of a chain of merges."""
    seen = {case.pk}
    while case.merged_into_id is not None and case.merged_into_id not in seen:
        seen.add(case.merged_into_id)
        case = Case.objects.select_related("customer", "owner").get(pk=case.merged_into_id)
    return case


def _reopens(case: Case, at: datetime) -> bool:
    since = case.solved_at or case.changed_at
    return at - since <= timedelta(days=BusinessHours.current().reopen_days)


def _successor(
    case: Case, text: str, *, at: datetime, key: str | None, values: dict[str, Any]
) -> tuple[Case, CaseMessage]:
    later = Case.objects.filter(follows=case).order_by("-pk").first()
    if later is not None:
        return hear(later, text, at=at, key=key, **values)
    follower = open_case(
        case.subject,
        at=at,
        channel=case.channel,
        customer=case.customer,
        text=text,
        source=f"after:{case.pk}:{key or at.isoformat()}"[:120],
        priority=case.priority,
        owner=case.owner,
        sender_name=values.get("sender_name") or case.sender_name,
        sender_email=values.get("sender_email") or case.sender_email,
        message={**values, "key": key or "first"},
        follows=case,
        category=case.category,
    )
    message = follower.messages.filter(direction=Direction.IN).earliest("id")
    return follower, message
