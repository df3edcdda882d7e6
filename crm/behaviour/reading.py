"""Events as they are sent: each is understood by itself, or refused with a reason."""

from __future__ import annotations

import json
import re
import uuid
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

from django.utils.dateparse import parse_datetime
from django.utils.translation import gettext as _

from crm import ledger

MOST = 500  # Events of one request.
SKEW = timedelta(minutes=5)
SHIFTED_FROM = timedelta(seconds=60)
OLDEST = datetime(2000, 1, 1, tzinfo=UTC)
PROPERTIES, PROPERTY_BYTES = 30, 4000
NAME = re.compile(r"[a-z][a-z0-9_]{0,39}")
ID = re.compile(r"[A-Za-z0-9._:-]{1,36}")
VISITOR = re.compile(r"[A-Za-z0-9_-]{16,40}")
BEHAVIOUR = {"view", "search", "cart", "login"}
# Only the program itself says that somebody bought, answered, opened a mail or changed a consent.
RESERVED = ({*ledger.KINDS} - BEHAVIOUR) | {"purchase", "refund", "identify", "call", "meeting", "chat"}
BOTS = re.compile(
    r"bot\b|bot/|crawl|spider|slurp|headless|lighthouse|preview|monitor|curl/|wget/|python-|scrapy|facebookexternal",
    re.IGNORECASE,
)


class Bad(Exception):
    """One event that is not understood; the text says why."""


@dataclass(frozen=True, slots=True)
class Event:
    kind: str
    at: datetime
    id: str
    visitor: str
    customer: str
    subject: str
    title: str
    number: float | None
    properties: dict[str, Any]


def listed(body: Any) -> list[Any]:
    """The events of a request: one, or a list of them under `events`."""
    if not isinstance(body, Mapping):
        raise Bad(_("Send an object with `event`, or with a list `events`."))
    events = body.get("events", [body] if "event" in body else [])
    if not isinstance(events, list) or len(events) > MOST:
        raise Bad(_("`events` is a list of at most %(most)d events.") % {"most": MOST})
    return events


def shift_of(body: Mapping[str, Any], now: datetime) -> timedelta:
    """How far the sender's clock is behind ours, as told by `sent_at`."""
    sent = _moment(body["sent_at"]) if body.get("sent_at") else now
    return now - sent if abs(now - sent) > SHIFTED_FROM else timedelta(0)


def read(
    raw: Any, *, shared: Mapping[str, Any], now: datetime, shift: timedelta, oldest: datetime = OLDEST
) -> Event:
    """One event; `visitor` and `customer` may stand on it or once for all beside the list."""
    if not isinstance(raw, Mapping):
        raise Bad(_("An event is an object."))
    kind = raw.get("event")
    if not isinstance(kind, str) or not NAME.fullmatch(kind):
        raise Bad(_("`event` is a name of small letters, digits and underscores."))
    if kind in RESERVED:
        raise Bad(_("`%(name)s` is a name that only the program itself uses.") % {"name": kind})
    at = min(_moment(raw["at"]) + shift if raw.get("at") else now, now + SKEW)
    if at < oldest:
        raise Bad(_("`at` is too long ago."))
    number = raw.get("number")
    if number is not None and (isinstance(number, bool) or not isinstance(number, int | float)):
        raise Bad(_("`number` is a number."))
    return Event(
        kind=kind,
        at=min(at, now) if at <= now + SKEW else now,
        id=_matching(raw.get("id"), ID, "id") or uuid.uuid4().hex,
        visitor=_matching(raw.get("visitor") or shared.get("visitor"), VISITOR, "visitor"),
        customer=_text(raw.get("customer") or shared.get("customer"), "customer", 254),
        subject=_text(raw.get("subject"), "subject", 120),
        title=_text(raw.get("title"), "title", 250),
        number=None if number is None else float(number),
        properties=properties_of(raw.get("properties")),
    )


def _moment(value: Any) -> datetime:
    try:
        at = parse_datetime(value) if isinstance(value, str) else None
        if at is not None:
            return (at if at.tzinfo else at.replace(tzinfo=UTC)).astimezone(UTC)
    except (ValueError, OverflowError):
        pass
    raise Bad(_("A moment is written like 2026-06-15T12:00:00Z."))


def _matching(value: Any, pattern: re.Pattern[str], name: str) -> str:
    if value in (None, ""):
        return ""
    if not isinstance(value, str) or not pattern.fullmatch(value):
        raise Bad(_("`%(name)s` is not written as it should be.") % {"name": name})
    return value


def _text(value: Any, name: str, longest: int) -> str:
    if value is None:
        return ""
    if not isinstance(value, str):
        raise Bad(_("`%(name)s` is a text.") % {"name": name})
    return value[:longest]


def properties_of(value: Any) -> dict[str, Any]:
    """What else is told about an event, when it is small and plain; else `Bad`."""
    if value is None:
        return {}
    plain = isinstance(value, dict) and all(_is_plain(one) for one in value.values())
    if not plain or len(value) > PROPERTIES or len(json.dumps(value)) > PROPERTY_BYTES:
        raise Bad(_("`properties` is a small object of texts, numbers and yes or no."))
    return {str(name)[:60]: one for name, one in value.items()}


def _is_plain(value: Any) -> bool:
    if isinstance(value, list):
        return all(isinstance(one, str | int | float | bool) for one in value)
    return value is None or isinstance(value, str | int | float | bool)
