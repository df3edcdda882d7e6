"""What a visitor does: ask, want a person, write on, leave."""

from __future__ import annotations

import hashlib
import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Q
from django.utils import translation
from django.utils.translation import gettext as _

from crm.cases.incoming.threading import customer_of
from crm.cases.merging import MARK
from crm.cases.opening import open_case
from crm.cases.promises import calendar
from crm.cases.talking import hear, leading
from crm.errors import Refusal
from crm.knowledge import searching, voting
from crm.knowledge.searching import Found
from crm.models import Article, Business, Case, CaseMessage, Chat

LONGEST = 2000  # Signs of one word.
MOST_WORDS = 60  # While the articles answer.
SHOWN = 3
State = Chat.State


@dataclass(frozen=True, slots=True)
class Line:
    """One line of the window: by "visitor", "staff" or "articles"."""

    by: str
    text: str
    name: str = ""
    at: datetime | None = None
    found: Sequence[Found] = ()


def _digest(token: str) -> str:
    return hashlib.sha256(token.encode()).hexdigest()


def start(language: str, *, at: datetime) -> tuple[Chat, str]:
    """A new conversation and the token that proves whose it is."""
    token = secrets.token_urlsafe(24)
    chat = Chat.objects.create(
        secret=_digest(token), language=language, started_at=at, spoke_at=at, seen_at=at
    )
    return chat, token


def find(token: str) -> Chat | None:
    if not token or len(token) > 100:
        return None
    return Chat.objects.select_related("case").filter(secret=_digest(token)).first()


def seen(chat: Chat, *, at: datetime) -> None:
    """The visitor's window is open: written at most every few seconds."""
    if (at - chat.seen_at).total_seconds() >= 5:
        Chat.objects.filter(pk=chat.pk).update(seen_at=at)


@transaction.atomic
def ask(chat: Chat, text: str, *, at: datetime) -> list[Found]:
    """A question to the help articles; what may answer it."""
    held = Chat.objects.select_for_update().get(pk=chat.pk)
    if held.state != State.ASKING:
        raise Refusal(_("This chat goes on with a person."))
    if len(held.words) >= MOST_WORDS:
        raise Refusal(_("That is a lot. Please talk to a person now."))
    found = searching.suggest(text, held.language, most=SHOWN)
    held.words += [
        {"by": "visitor", "text": text[:LONGEST], "at": at.isoformat()},
        {"by": "articles", "ids": [one.article.pk for one in found], "at": at.isoformat()},
    ]
    held.spoke_at = held.seen_at = at
    held.save(update_fields=["words", "spoke_at", "seen_at"])
    chat.words = held.words
    return found


@transaction.atomic
def hand_over(chat: Chat, *, name: str, email: str, at: datetime) -> Case:
    """A person is wanted: what was said becomes a case. Outside the hours of service an address is needed."""
    held = Chat.objects.select_for_update().get(pk=chat.pk)
    if held.case is not None:
        return held.case
    asked = [word for word in held.words if word["by"] == "visitor"]
    if not asked:
        raise Refusal(_("Write first what it is about."))
    email = email.strip().lower()
    if not email and not calendar().is_open(at):
        raise Refusal(_("Nobody is there now. Leave your e-mail, and we answer there."))
    case = open_case(
        str(asked[-1]["text"])[:120],
        at=at,
        channel=Case.Channel.CHAT,
        customer=customer_of(email) if email else None,
        source=f"chat:{held.pk}",
        sender_name=name.strip(),
        sender_email=email,
        language=held.language,
    )
    _copy(held, case)
    Chat.objects.filter(pk=held.pk).update(state=State.WAITING, case=case, words=[], spoke_at=at, seen_at=at)
    chat.refresh_from_db()
    return case


def _copy(chat: Chat, case: Case) -> None:
    """The words so far as messages of the case; which articles were shown is a note."""
    who: dict[str, Any] = {"sender_name": case.sender_name, "sender_email": case.sender_email}
    rows = []
    for number, word in enumerate(chat.words):
        values: dict[str, Any] = {"key": f"chat:{chat.pk}:{number}", "at": datetime.fromisoformat(word["at"])}
        if word["by"] == "visitor":
            rows.append(
                CaseMessage(case=case, direction=CaseMessage.Direction.IN, text=word["text"], **who, **values)
            )
        elif titles := [one.title for one in searching.shown(word["ids"], chat.language)]:
            with translation.override(Business.current().language):
                text = _("Help articles shown: %(titles)s") % {"titles": " · ".join(titles)}
            note = CaseMessage.Direction.NOTE
            rows.append(CaseMessage(case=case, direction=note, text=text, is_automatic=True, **values))
    if case.sender_email:
        with translation.override(Business.current().language):
            text = _("The address was typed into the chat. Nothing proves yet that it is theirs.")
        note = CaseMessage.Direction.NOTE
        rows.append(
            CaseMessage(
                case=case,
                direction=note,
                text=text,
                is_automatic=True,
                at=case.opened_at,
                key=f"chat:{chat.pk}:who",
            )
        )
    CaseMessage.objects.bulk_create(rows)


@transaction.atomic
def say(chat: Chat, text: str, *, at: datetime, key: str) -> None:
    """The visitor writes to the person; staff hear by mail of the first word after an answer only."""
    held = Chat.objects.select_for_update(of=("self",)).select_related("case").get(pk=chat.pk)
    if held.case is None or held.state not in Chat.LIVE:
        raise Refusal(_("This chat has ended. Start a new one."))
    who: dict[str, Any] = {"sender_name": held.case.sender_name, "sender_email": held.case.sender_email}
    key = f"chat:{held.pk}:said:{key}"[:120]
    quiet = held.state == State.WAITING
    case, _message = hear(held.case, text[:LONGEST], at=at, key=key, quiet=quiet, **who)
    values: dict[str, Any] = {"state": State.WAITING, "spoke_at": at, "seen_at": at}
    if case.follows_id == held.case_id:
        values["case"] = case
    Chat.objects.filter(pk=held.pk).update(**values)


def thank(chat: Chat, article: str, *, at: datetime) -> None:
    """One of the articles that were shown helped."""
    shown = {str(pk) for word in chat.words for pk in word.get("ids", ())}
    if article in shown and (row := Article.objects.published().filter(pk=int(article)).first()):
        voting.vote(row, f"chat:{chat.pk}", True, at=at, language=chat.language)


def end(chat: Chat, *, at: datetime) -> None:
    """The visitor leaves; the case stays as it is. Questions that no person saw are forgotten."""
    Chat.objects.filter(pk=chat.pk).exclude(state=State.ENDED).update(
        state=State.ENDED, spoke_at=at, words=[]
    )


def lines(chat: Chat) -> list[Line]:
    """All that the visitor may see, oldest first."""
    if chat.case is None:
        return [_line(word, chat.language) for word in chat.words]
    own = f"chat:{chat.pk}:"
    cases = [chat.case_id]
    told = Q(key__startswith=own) | Q(key__startswith=f"{MARK}{chat.case_id}:{own}")
    if chat.case.merged_into_id:
        cases.append(leading(chat.case).pk)
    if chat.case.follows_id:
        cases.append(chat.case.follows_id)
    said = CaseMessage.objects.filter(told, case__in=cases).exclude(direction=CaseMessage.Direction.NOTE)
    return [
        Line(
            by="visitor" if one.direction == CaseMessage.Direction.IN else "staff",
            text=one.text,
            name=one.author.name.partition(" ")[0] if one.author else "",
            at=one.at,
        )
        for one in said.select_related("author").order_by("at", "id")
    ]


def _line(word: dict[str, Any], language: str) -> Line:
    at = datetime.fromisoformat(word["at"])
    if word["by"] == "visitor":
        return Line("visitor", str(word["text"]), at=at)
    return Line("articles", "", at=at, found=searching.shown(word["ids"], language))


def opens_at(at: datetime) -> datetime | None:
    """When somebody is there again; None while somebody is."""
    when = calendar()
    return None if when.is_open(at) else when.add(at, 0)
