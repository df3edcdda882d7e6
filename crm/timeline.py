"""Everything that happened with one customer as one list, newest first, from the tables that know it."""

from __future__ import annotations

import base64
import binascii
import json
from collections.abc import Callable, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django.db.models import F, Q, QuerySet
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.ledger import KINDS, STAGES
from crm.models import Consent, Customer, Interaction, Message, Purchase, Refund

ICONS = {
    "note": "note",
    "open": "mail-opened",
    "click": "click",
    "answer": "message-star",
    "unsubscribe": "mail-off",
    "view": "eye",
    "cart": "shopping-cart-plus",
    "login": "login",
    "call": "phone",
    "meeting": "users",
    "chat": "message",
    "email": "mail",
    "stage": "arrows-right",
    "rfm_move": "arrows-exchange",
    "case": "lifebuoy",
    "case_solved": "circle-check",
    "case_reopened": "rotate-clockwise",
    "sign_up": "user-plus",
    "subscription_started": "repeat",
    "subscription_paused": "player-pause",
    "subscription_resumed": "repeat",
    "subscription_cancelled": "repeat-off",
    "subscription_ended": "repeat-off",
}
HIDDEN = {"by", "noted_at", "minutes", "outcome"}  # Properties that are not for reading.


@dataclass(frozen=True, slots=True)
class Entry:
    """One line of the timeline. `figure` is money, `score` the main number of an answer."""

    at: datetime
    rank: int
    pk: int
    kind: str
    icon: str
    title: str
    text: str = ""
    figure: Decimal | None = None
    score: str = ""
    details: tuple[tuple[str, str], ...] = ()
    state: str = ""
    who: int | None = None  # The customer.
    by: int | None = None  # Who wrote it and may still change it.

    @property
    def mark(self) -> str:
        text = json.dumps([self.at.isoformat(), self.rank, self.pk])
        return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


@dataclass(frozen=True, slots=True)
class Stretch:
    """Some entries, and the mark of the last one when there are older ones."""

    entries: list[Entry]
    older: str = ""
    continued: bool = False


def kinds() -> list[tuple[str, str]]:
    """What the timeline can be narrowed to."""
    return [
        ("bought", _("Purchases")),
        ("mail", _("Mails")),
        ("answer", _("Answers")),
        ("note", _("Notes")),
        ("talk", _("Calls and meetings")),
        ("consent", _("Consent")),
        ("event", _("Other events")),
    ]


def known(kind: str) -> str:
    return kind if kind in dict(kinds()) else ""


def of(customer: Customer, *, before: str = "", size: int = 25, kind: str = "") -> Stretch:
    """The newest entries (of one kind), or those older than a mark. A short query for each table."""
    return of_people([customer.pk], before=before, size=size, kind=kind)


def of_people(people: Sequence[int], *, before: str = "", size: int = 25, kind: str = "") -> Stretch:
    """The same of several customers together."""
    start = _read(before)
    found: list[Entry] = []
    for rank, (moment, rows, entry) in enumerate(_sources(people, kind)):
        if rows.query.is_empty():
            continue
        older = rows.filter(_older(moment, rank, start)) if start else rows
        newest = list(older.order_by(F(moment).desc(), "-pk")[: size + 1])
        labels = _labels(newest) if rank == 0 else {}
        found += [replace(_said(entry(rank, row), row, labels), who=row.customer_id) for row in newest]
    found.sort(key=lambda one: (one.at, -one.rank, one.pk), reverse=True)
    shown = found[:size]
    return Stretch(shown, shown[-1].mark if len(found) > size else "", bool(start))


type Labels = dict[tuple[str, str], str]  # What people read for {(subject, key of a property)}.
_LABELLED: dict[str, Callable[[set[str]], Labels]] = {}


def label(kind: str, labels: Callable[[set[str]], Labels]) -> None:
    """Let an app above say what the properties of its entries are called, asked with their subjects."""
    _LABELLED[kind] = labels


_WORDED: dict[str, Callable[[Interaction], str]] = {}


def word(kind: str, words: Callable[[Interaction], str]) -> None:
    """Let an app above say its own entries in words, in place of their properties."""
    _WORDED[kind] = words


def _labels(rows: Sequence[Any]) -> Labels:
    found: Labels = {}
    for kind, labels in _LABELLED.items():
        subjects = {row.subject for row in rows if row.kind == kind and row.properties}
        found |= labels(subjects) if subjects else {}
    return found


def _said(entry: Entry, row: Any, labels: Labels) -> Entry:
    if not labels or row.kind not in _LABELLED:
        return entry
    return replace(
        entry, details=tuple((labels.get((row.subject, key), key), value) for key, value in entry.details)
    )


type Source = tuple[str, QuerySet[Any], Callable[[int, Any], Entry]]


MAIL = ("open", "click", "unsubscribe")
TALKS = ("call", "meeting", "chat", "email")
WRITTEN = ("note", *TALKS)
CHANGEABLE = timedelta(days=1)


def _sources(people: Sequence[int], kind: str = "") -> list[Source]:
    """Their order decides between entries of one moment, so it stays; tables without the kind are empty."""
    sources = _all_sources(people)
    if not kind:
        return sources
    told: dict[str, set[int]] = {"bought": {1, 2}, "consent": {3}, "mail": {0, 4}}
    wanted = told.get(kind, {0})
    sources = [
        (moment, rows if rank in wanted else rows.none(), entry)
        for rank, (moment, rows, entry) in enumerate(sources)
    ]
    moment, rows, entry = sources[0]
    if kind == "event":
        rows = rows.exclude(kind__in=("note", "answer", *MAIL, *TALKS))
    elif kind in ("mail", "note", "answer", "talk"):
        rows = rows.filter(kind__in={"mail": MAIL, "talk": TALKS}.get(kind, (kind,)))
    return [(moment, rows, entry), *sources[1:]]


def _all_sources(people: Sequence[int]) -> list[Source]:
    theirs = Q(customer=people[0]) if len(people) == 1 else Q(customer__in=people)
    sent = Message.objects.filter(theirs, state=Message.State.SENT, sent_at__isnull=False)
    return [
        ("at", Interaction.objects.filter(theirs).exclude(kind="consent"), _interaction),
        ("refunded_at", Refund.objects.filter(theirs).select_related("product", "purchase"), _refund),
        ("bought_at", Purchase.objects.filter(theirs), _purchase),
        ("at", Consent.objects.filter(theirs), _consent),
        ("sent_at", sent.select_related("mailing"), _message),
    ]


def _older(moment: str, rank: int, start: tuple[datetime, int, int]) -> Q:
    at, from_rank, pk = start
    same = Q(**{moment: at})
    if rank < from_rank:
        same &= Q(pk__in=[])
    elif rank == from_rank:
        same &= Q(pk__lt=pk)
    return Q(**{f"{moment}__lte": at}) & (Q(**{f"{moment}__lt": at}) | same)


def _read(mark: str) -> tuple[datetime, int, int] | None:
    try:
        at, rank, pk = json.loads(base64.urlsafe_b64decode(mark + "=" * (-len(mark) % 4)))
        moment = parse_datetime(at)
        if moment is None or moment.tzinfo is None:
            return None
        return moment, int(rank), int(pk)
    except (ValueError, TypeError, binascii.Error):
        return None


def _purchase(rank: int, row: Purchase) -> Entry:
    number = _("Order %(number)s") % {"number": row.number} if row.number else ""
    parts = [number, _("Counter sale") if row.channel == "counter" else row.channel, row.coupon]
    cancelled = row.status == Purchase.Status.CANCELLED
    gone = row.refunded > 0 and row.refunded >= row.charged
    return Entry(
        at=row.bought_at,
        rank=rank,
        pk=row.pk,
        kind="purchase",
        icon="shopping-bag",
        title=_("Cancelled order") if cancelled else _("Bought"),
        text=" · ".join(part for part in parts if part),
        figure=row.charged,
        state="cancelled" if cancelled else "refunded" if gone else "",
    )


def _refund(rank: int, row: Refund) -> Entry:
    number = row.purchase.number if row.purchase else row.number
    parts = [_("Order %(number)s") % {"number": number} if number else "", str(row.product or "")]
    return Entry(
        at=row.refunded_at,
        rank=rank,
        pk=row.pk,
        kind="refund",
        icon="receipt-refund",
        title=_("Got money back"),
        text=" · ".join(part for part in parts if part),
        figure=-row.amount,
    )


def _consent(rank: int, row: Consent) -> Entry:
    agreed = row.action == Consent.Action.GRANTED
    source = _("Noted by staff") if row.source == "staff" else row.source
    return Entry(
        at=row.at,
        rank=rank,
        pk=row.pk,
        kind="consent",
        icon="mail-check" if agreed else "mail-off",
        title=_("Agreed to e-mail") if agreed else _("Objected to e-mail"),
        text=" · ".join(part for part in (source, row.wording) if part),
    )


def _message(rank: int, row: Message) -> Entry:
    assert row.sent_at
    return Entry(
        at=row.sent_at,
        rank=rank,
        pk=row.pk,
        kind="message",
        icon="mail-forward",
        title=_("Was sent a mail"),
        text=row.mailing.name,
    )


def _interaction(rank: int, row: Interaction) -> Entry:
    properties = row.properties if isinstance(row.properties, dict) else {}
    said = properties.get("text") or properties.get("comment") or ""
    shown = [pair for pair in sorted(properties.items()) if _worth_showing(*pair)]
    details = [(str(key), _plain(value)) for key, value in shown]
    return Entry(
        at=row.at,
        rank=rank,
        pk=row.pk,
        kind=row.kind if row.kind in ICONS else "event",
        icon=ICONS.get(row.kind, "point"),
        title=str(KINDS.get(row.kind, row.kind)),
        text=_text_of(row, str(said)),
        by=_writer(row, properties),
        score=f"{row.metric.upper()} {row.number:g}" if row.metric and row.number is not None else "",
        details=(
            *(((_("Comment"), str(said)),) if said and row.kind not in WRITTEN else ()),
            *(_circumstances(properties) if row.kind in TALKS else ()),
            *(details if row.kind not in (*WRITTEN, *_WORDED, "open", "stage") else ()),
        ),
    )


def _text_of(row: Interaction, said: str) -> str:
    if row.kind == "stage":
        return str(STAGES.get(row.subject, row.subject))
    if row.kind in _WORDED:
        return _WORDED[row.kind](row)
    return said if row.kind in WRITTEN else row.title


def _writer(row: Interaction, properties: dict[str, Any]) -> int | None:
    """Who may still change what they wrote; nobody after a day."""
    noted = parse_datetime(str(properties.get("noted_at", ""))) or row.at
    fresh = row.kind in WRITTEN and row.source == "staff" and timezone.now() - noted < CHANGEABLE
    by = properties.get("by")
    return by if fresh and isinstance(by, int) and noted.tzinfo else None


def _circumstances(properties: dict[str, Any]) -> list[tuple[str, str]]:
    minutes, outcome = properties.get("minutes"), properties.get("outcome")
    took = ngettext("%(n)d minute", "%(n)d minutes", minutes) % {"n": minutes} if minutes else ""
    pairs = [(_("Took"), took), (_("Outcome"), str(outcome or ""))]
    return [pair for pair in pairs if pair[1]]


def _worth_showing(key: str, value: Any) -> bool:
    return key not in HIDDEN | {"text", "comment"} and value not in (None, "", [], {})


def _plain(value: Any) -> str:
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    return str(value)
