"""What a provider posts about mails: delivered, returned, marked as spam, unsubscribed.

Who posts must know the secret of the sender's address (basic authentication, as django-anymail advises);
django-anymail reads the events. The same event again changes nothing; one about a mail that is not ours is
noted quietly.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import hmac
import json
from datetime import datetime
from typing import Any

from django.http import HttpRequest

from crm import consent
from crm.errors import Refusal
from crm.models import DeliveryEvent, Message, Sender
from crm.outbox import providers
from crm.outbox.returns import reading, taking
from crm.outbox.returns.taking import Fact
from crm.outbox.returns.words import reason_of

Kind = DeliveryEvent.Kind
NAME = "closeknit"
MOST = 2 << 20
OF_ADDRESS = {"invalid", "bounced"}
SOFT_TYPES = {
    "softbounce",
    "transient",
    "dnserror",
    "soft",
    "soft_bounce",
    "temporary",
    "deferred",
    "blocked",
}


def is_genuine(sender: Sender, request: HttpRequest) -> bool:
    kind, _space, value = request.headers.get("Authorization", "").partition(" ")
    try:
        name, _colon, password = base64.b64decode(value, validate=True).decode().partition(":")
    except (ValueError, binascii.Error):
        return False
    same = hmac.compare_digest(password.encode(), sender.hook_secret.encode())
    return kind.lower() == "basic" and name == NAME and bool(sender.hook_secret) and same


def take(sender: Sender, request: HttpRequest, *, now: datetime) -> int:
    """Note the events of one post; returns how many. Refusal when it is none of this provider."""
    try:
        events = providers.reader(sender.provider, sender.hook_secret).parse_events(request)
    except Exception as error:  # Whatever strangers and other programs may post.
        raise Refusal("This is no report of this provider.") from error
    noted = 0
    for event in events:
        if (fact := _fact(sender, event, now)) is not None:
            taking.note(fact)
            noted += 1
        elif event.event_type == "unsubscribed" and (message := _message(event)) and message.customer:
            consent.withdraw(message.customer, source=f"message:{message.pk}", at=event.timestamp or now)
            noted += 1
    return noted


def _fact(sender: Sender, event: Any, now: datetime) -> Fact | None:
    status, detail = _status(event)
    kind = _kind(event, status, detail)
    if kind is None:
        return None
    raw = json.dumps(event.esp_event, default=str) if isinstance(event.esp_event, dict) else ""
    known = event.event_id or f"{event.message_id}:{event.timestamp}"
    key = hashlib.sha256(f"{kind}:{known}:{event.recipient}".encode()).hexdigest()[:60]
    reason = reason_of(f"Status: {status}\n{detail}" if status else detail) if kind != Kind.DELIVERED else ""
    address = reading.address_in(event.recipient or "")
    return Fact(
        f"provider:{sender.pk}", key, kind, event.timestamp or now, _message(event), address, status,
        reason, detail, raw,
    )  # fmt: skip


def _kind(event: Any, status: str, detail: str) -> str | None:
    match event.event_type:
        case "delivered":
            return Kind.DELIVERED
        case "deferred":
            return Kind.DEFERRED
        case "complained":
            return Kind.COMPLAINED
        case "bounced" | "rejected":
            if _says_soft(event) and not status.startswith("5"):
                return Kind.SOFT
            if event.event_type == "rejected" and event.reject_reason not in OF_ADDRESS:
                return Kind.SOFT
            return reading.kind_of(status, detail)
    return None


def _says_soft(event: Any) -> bool:
    said = event.esp_event if isinstance(event.esp_event, dict) else {}
    names = ("Type", "type", "event", "bounce_class", "severity", "BounceType")
    return any(str(said.get(name, "")).lower().replace(" ", "") in SOFT_TYPES for name in names)


def _status(event: Any) -> tuple[str, str]:
    detail = " ".join(str(one) for one in (event.mta_response, event.description) if one)
    codes = reading.STATUS.findall(detail)
    return (codes[0] if codes else ""), detail


def _message(event: Any) -> Message | None:
    """Of our own number, which only the provider repeats; else of the number that the provider gave."""
    found = taking.messages()
    number = str((event.metadata or {}).get("message", ""))
    if number.isascii() and number.isdigit() and len(number) < 16:
        return found.filter(pk=int(number)).first()
    if event.message_id:
        return found.filter(provider_id=str(event.message_id)[:120]).first()
    return None
