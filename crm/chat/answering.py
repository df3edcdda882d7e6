"""What staff do: see who waits, and answer where the visitor is."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db.models import QuerySet
from django.utils.translation import gettext as _

from crm import cases, housekeeping
from crm.cases import letters
from crm.cases.talking import File
from crm.errors import Refusal
from crm.models import Case, CaseMessage, Chat, User

GONE = timedelta(seconds=60)  # Without a sign of the visitor's window: then the answer goes by mail too.
PRESENT = timedelta(minutes=15)
FORGOTTEN = timedelta(days=2)
State = Chat.State


def live(case: Case) -> Chat | None:
    """The conversation of this case, as long as it goes on."""
    if case.channel != Case.Channel.CHAT:
        return None
    return Chat.objects.filter(case=case, state__in=Chat.LIVE).order_by("-pk").first()


def is_there(chat: Chat, now: datetime) -> bool:
    return chat.seen_at > now - GONE


def shown_with(case: Case, said: int, now: datetime) -> dict[str, Any]:
    """What the page of a case shows of its chat; `mark` changes with each word and on leaving."""
    chat = live(case)
    there = bool(chat and is_there(chat, now))
    return {"chat": chat, "is_there": there, "mark": f"{said}-{int(there)}"}


def reply(  # noqa: PLR0913 - the parts of a reply.
    case: Case,
    text: str,
    *,
    by: User,
    at: datetime,
    then: str = Case.State.WAITING,
    outcome: str = Case.Outcome.HELPED,
    key: str | None = None,
    files: Sequence[File] = (),
) -> CaseMessage:
    """Answer in the visitor's window, and by mail when it is closed; other cases are answered by mail."""
    chat = live(case)
    if chat is None:
        return cases.reply(case, text, by=by, at=at, then=then, outcome=outcome, key=key, files=files)
    if files:
        raise Refusal(_("Files cannot go into a chat. Send them when the chat has ended."))

    def post(message: CaseMessage) -> None:
        if not is_there(chat, at) and case.write_to:
            letters.send(message)

    key = f"chat:{chat.pk}:{key or uuid.uuid4().hex}"[:120]
    message = cases.reply(case, text, by=by, at=at, then=then, outcome=outcome, key=key, post=post)
    Chat.objects.filter(pk=chat.pk, state=State.WAITING).update(state=State.TALKING, spoke_at=at)
    return message


def going_on(user: User) -> QuerySet[Chat]:
    """Chats with a person that this member of staff may see, who waits longest first."""
    seen = cases.visible(user)
    found = Chat.objects.filter(state__in=Chat.LIVE, case__in=seen.values("pk"))
    return found.select_related("case__customer", "case__owner").order_by("-state", "spoke_at", "pk")


def waiting(user: User, now: datetime) -> int:
    """How many visitors sit before their window and wait for a word of ours."""
    return going_on(user).filter(state=State.WAITING, seen_at__gt=now - PRESENT).count()


@housekeeping.register
def forget_chats(now: datetime) -> None:
    """Questions that no person was asked go after two days; conversations end when the visitor stays away."""
    old = Chat.objects.filter(seen_at__lt=now - FORGOTTEN)
    old.filter(case=None).delete()
    old.filter(state__in=Chat.LIVE).update(state=State.ENDED)
