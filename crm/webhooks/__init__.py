"""What happens here, told to other programs (Standard Webhooks: signed, retried, written down).

A verb that changes something calls `emit` in its own transaction; whoever wants to hear gets a row there and
then, so nothing is told that did not happen and nothing that happened is forgotten. `delivering` carries the
rows away, `connecting` keeps requests out of the shop's own network, `signing` proves who sent them.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _
from rest_framework.utils.encoders import JSONEncoder

from crm.models import WebhookDelivery, WebhookEndpoint
from crm.models.webhook import new_message_id

TEST = "test"
_events: dict[str, str | Promise] = {
    "customer.created": _("A customer was added"),
    "customer.updated": _("A customer was changed"),
    "customer.deleted": _("A customer was erased"),
    "customer.merged": _("Two customers were merged"),
    "consent.changed": _("A customer agreed or objected to mails"),
    "purchase.created": _("Something was sold"),
    "purchase.updated": _("A purchase was changed"),
    "purchase.refunded": _("Money was given back"),
    "case.created": _("A case was opened"),
    "case.solved": _("A case was solved"),
    "case.reopened": _("A case was opened again"),
    "import.finished": _("An import was finished"),
}


def register(event: str, label: str | Promise) -> None:
    """Let endpoints ask for an event of a higher app; call it in `ready`."""
    _events[event] = label


def known() -> dict[str, str | Promise]:
    return dict(_events)


def emit(event: str, data: Mapping[str, Any], *, at: datetime | None = None) -> None:
    """Tell every endpoint that asked for `event`. `data` holds ids and names of changed fields, no more."""
    emit_all(event, [data], at=at)


def emit_all(event: str, told: Iterable[Mapping[str, Any]], *, at: datetime | None = None) -> None:
    """The same for many messages of one kind."""
    assert event in _events, event
    endpoints = WebhookEndpoint.objects.filter(state=WebhookEndpoint.State.ON)
    hear = [one for one in endpoints.only("pk", "events") if event in one.events]
    if hear:
        for data in told:
            write(hear, event, data, at=at or timezone.now())


def write(
    endpoints: Iterable[WebhookEndpoint], event: str, data: Mapping[str, Any], *, at: datetime
) -> list[WebhookDelivery]:
    """One row for each endpoint, about the same message."""
    message = new_message_id()
    said = {"type": event, "timestamp": at.isoformat(), "data": dict(data)}
    body = json.dumps(said, cls=JSONEncoder, ensure_ascii=False, separators=(",", ":"))
    rows = WebhookDelivery.objects.bulk_create(
        WebhookDelivery(endpoint=one, message_id=message, event=event, body=body, next_at=at, created_at=at)
        for one in endpoints
    )
    deliver_soon()
    return rows


def deliver_soon() -> None:
    """Wake a worker once the change is committed."""
    transaction.on_commit(_deliver, robust=True)  # Without a broker the schedule finds them.


def _deliver() -> None:
    from crm.tasks import deliver_webhooks  # The tasks import this package.

    deliver_webhooks.delay()
