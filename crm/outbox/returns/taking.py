"""What the other side says of a mail, noted once and acted upon.

Which mail it was about must be proven: by our Message-ID, by the address that mails of this sender return to,
or by a provider that knows its key; else by a mail that went to this very address in the last days. What
nobody can place is noted quietly and changes nothing.

Policy. Returned for good, because the address is dead: blocked at once. Returned for good for another
reason (a full mailbox, the content): counted, not blocked. Returned for now: blocked when so many mails in a
row came back (`ContactRules.soft_bounces`), with none delivered between. Marked as spam: blocked at once.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet
from django.utils.crypto import constant_time_compare

from crm import consent, ledger
from crm.models import ContactRules, Customer, DeliveryEvent, Interaction, Mailing, Message, Suppression
from crm.outbox import guarding, returning, tokens
from crm.outbox.returns import reading
from crm.outbox.returns.words import DISABLED, OTHER, UNKNOWN, reason_of

Kind = DeliveryEvent.Kind
DEAD = {UNKNOWN, DISABLED, OTHER, ""}
LATELY = timedelta(days=5)
RAW_KEPT = 16_000  # Signs of what was told.
_ours = re.compile(rb"<(m(\d{1,15})\.([0-9a-f]{16}))@")


@dataclass(frozen=True, slots=True)
class Fact:
    """One thing that was told of one mail."""

    source: str
    key: str
    kind: str
    at: datetime
    message: Message | None = None
    address: str = ""
    status: str = ""
    reason: str = ""
    detail: str = ""
    raw: str = ""


def take_mail(raw: bytes, *, at: datetime, source: str) -> list[DeliveryEvent] | None:
    """Note what a returned mail says; None when it is none, or nobody understands it."""
    found = reading.read(raw)
    if not found:
        return None
    proven = message_in(raw)
    digest = hashlib.sha256(raw).hexdigest()[:40]
    text = raw[:RAW_KEPT].decode("utf-8", "replace").replace("\0", "")
    noted = []
    for number, one in enumerate(found):
        message = proven if len(found) == 1 or _is_to(proven, one.address) else None
        fact = Fact(
            source, f"{digest}:{number}", one.kind, at, message or lately_to(one.address, at), one.address,
            one.status, one.reason, one.detail, text,
        )  # fmt: skip
        noted.append(note(fact))
    return noted


def refused(message: Message, answer: str, *, at: datetime) -> None:
    """The server refused this one address while we were handing over."""
    code = re.search(r"\b([45]\.\d{1,3}\.\d{1,3})\b", answer)
    status = code[1] if code else ""
    fact = Fact(
        "smtp", f"m{message.pk}", Kind.HARD, at, message, message.to_email, status,
        reason_of(f"Status: {status}\n{answer}" if status else answer), answer,
    )  # fmt: skip
    note(fact)


@transaction.atomic
def note(fact: Fact) -> DeliveryEvent:
    """Write it down once, and act on it once; told again it changes nothing."""
    message = fact.message
    values: dict[str, Any] = {
        "kind": fact.kind,
        "message": message,
        "mailing": message.mailing if message else None,
        "customer": message.customer if message else None,
        "to_email": (fact.address or (message.to_email if message else ""))[:254],
        "status": fact.status[:12],
        "reason": fact.reason[:80],
        "detail": fact.detail[:500],
        "raw": fact.raw[:RAW_KEPT] if fact.kind != Kind.DELIVERED else "",
        "at": fact.at,
    }
    event, made = DeliveryEvent.objects.get_or_create(
        source=fact.source[:60], key=fact.key[:120], defaults=values
    )
    if made and message is not None:
        _act(event, message)
    return event


def _act(event: DeliveryEvent, message: Message) -> None:
    address = message.to_email or event.to_email
    if event.kind == Kind.COMPLAINED:
        _block(address, Suppression.Reason.COMPLAINED, event.at)
    elif event.kind in {Kind.SOFT, Kind.HARD}:
        is_dead = event.kind == Kind.HARD and event.reason in DEAD
        if is_dead or _came_back_in_a_row(message):
            _block(address, Suppression.Reason.BOUNCED, event.at)
    if event.kind in {Kind.HARD, Kind.SOFT, Kind.COMPLAINED} and message.customer_id:
        ledger.record([_entry(event, message)])
    guarding.look(Mailing.objects.get(pk=message.mailing_id))


def _block(address: str, reason: str, at: datetime) -> None:
    if not address:
        return
    consent.suppress(address, reason, at=at)
    weaker = Suppression.objects.filter(
        email_hash=consent.email_hash(address), reason=Suppression.Reason.UNSUBSCRIBED
    )
    weaker.update(reason=reason, at=at)  # A later yes must not bring back an address that is dead.


def _came_back_in_a_row(message: Message) -> bool:
    """Whether the last mails to this address all came back, with none delivered between."""
    row = ContactRules.current().soft_bounces
    if not row or not message.to_email or message.customer_id is None:
        return False
    said = DeliveryEvent.objects.filter(message=OuterRef("pk"))
    sent = Message.objects.filter(
        customer=message.customer_id, to_email=message.to_email, state=Message.State.SENT
    )
    last = sent.annotate(
        came_back=Exists(said.filter(kind__in=[Kind.SOFT, Kind.HARD])),
        arrived=Exists(said.filter(kind=Kind.DELIVERED)),
    ).order_by("-sent_at", "-pk")
    outcomes = list(last.values_list("came_back", "arrived")[:row])
    return len(outcomes) == row and all(back and not arrived for back, arrived in outcomes)


def _entry(event: DeliveryEvent, message: Message) -> Interaction:
    kinds = {Kind.HARD: "bounce", Kind.SOFT: "soft_bounce", Kind.COMPLAINED: "complaint"}
    return Interaction(
        customer_id=message.customer_id,
        kind=kinds[Kind(event.kind)],
        at=event.at,
        source=f"message:{message.pk}",
        key=f"delivery:{event.pk}",
        subject=message.mailing.source,
        title=message.mailing.name,
        properties={"reason": event.reason, "status": event.status},
    )


def message_in(raw: bytes) -> Message | None:
    """The mail of ours that this one proves to be about."""
    numbers = []
    if named := returning.message_of(raw[:20_000].decode("ascii", "replace")):
        numbers.append(named)
    for text, number, _proof in _ours.findall(raw):
        whole = f"<{text.decode()}@x>"
        if constant_time_compare(tokens.message_id(Message(pk=int(number)), "x"), whole):
            numbers.append(int(number))
            break
    return messages().filter(pk=numbers[0]).first() if numbers else None


def lately_to(address: str, at: datetime) -> Message | None:
    """The last mail that went to this address in the days before."""
    if not address:
        return None
    people = Customer.objects.filter(email=address).order_by().values("pk")
    sent = messages().filter(customer__in=people, to_email=address, sent_at__gt=at - LATELY)
    return sent.order_by("-sent_at").first()


def messages() -> QuerySet[Message]:
    return Message.objects.select_related("mailing", "customer")


def _is_to(message: Message | None, address: str) -> bool:
    return message is not None and message.to_email == address


def latest(messages: Iterable[Message]) -> dict[int, DeliveryEvent]:
    """The strongest thing told of each: a complaint, then returned, then delivered."""
    rank = {Kind.DEFERRED: 0, Kind.DELIVERED: 1, Kind.SOFT: 2, Kind.HARD: 3, Kind.COMPLAINED: 4}
    found: dict[int, DeliveryEvent] = {}
    for event in DeliveryEvent.objects.filter(message__in=[one.pk for one in messages]).defer("raw"):
        assert event.message_id is not None
        before = found.get(event.message_id)
        if before is None or rank[Kind(event.kind)] > rank[Kind(before.kind)]:
            found[event.message_id] = event
    return found
