"""One message at once: password resets, invitations of staff, test sends."""

from __future__ import annotations

from typing import Any

from django.db import transaction

from crm.models import Customer, Mailing, Message
from crm.outbox import mailings


def deliver_soon() -> None:
    """Wake a worker once the current transaction is committed; the schedule does it every ten seconds too."""
    transaction.on_commit(_dispatch, robust=True)  # Without a broker the schedule finds it later.


def _dispatch() -> None:
    from crm.tasks import dispatch_due  # The tasks import the outbox.

    dispatch_due.delay()


@transaction.atomic
def send_one(  # noqa: PLR0913 - the parts of one message.
    source: str,
    *,
    kind: str,
    key: str,
    to_email: str,
    name: str,
    customer: Customer | None = None,
    context: dict[str, Any] | None = None,
    purpose: str = Mailing.Purpose.TRANSACTIONAL,
) -> Message:
    """Queue one message ahead of all marketing and wake a worker; the same key never makes a second one.

    `name` is how the mailing of this source is called in the outbox; `context` is for the renderer of `kind`.
    """
    mailing = mailings.open_mailing(source, kind=kind, name=name, purpose=purpose)
    values = {"to_email": to_email, "customer": customer, "context": context or {}, "priority": 1}
    message = mailing.messages.get_or_create(key=key, defaults=values)[0]
    deliver_soon()
    return message
