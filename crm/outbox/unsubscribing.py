"""What a customer decides by the link in a mail: no more of them, or yes again."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction

from crm import consent, ledger
from crm.models import Customer, Interaction, Message, Suppression
from crm.outbox import tokens
from crm.signals import unsubscribed

WRITTEN = re.compile(r"\s*unsubscribe\s+(\S+)\s*", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Reader:
    """Who follows a link. `message` is None when its row is gone; both are None for a test mail."""

    message_id: int
    message: Message | None
    customer: Customer | None

    @property
    def gets_mail(self) -> bool:
        customer = self.customer
        if customer is None or customer.suppressed_at:
            return False
        return customer.email_consent == Customer.EmailConsent.GRANTED

    @property
    def blocked(self) -> bool:
        """The address itself bounced or complained: a yes does not help."""
        if self.customer is None or not self.customer.suppressed_at:
            return False
        found = Suppression.objects.filter(email_hash=consent.email_hash(self.customer.email))
        return found.exclude(reason=Suppression.Reason.UNSUBSCRIBED).exists()

    @property
    def source(self) -> str:
        return f"message:{self.message_id}"


def reader_of(token: str) -> Reader | None:
    """Whose link this is; None when it is not ours."""
    if (ids := tokens.read_unsubscribe_token(token)) is None:
        return None
    message_id, customer_id = ids
    return Reader(
        message_id,
        Message.objects.select_related("mailing").filter(pk=message_id).first(),
        Customer.objects.filter(pk=customer_id).first(),
    )


def leave(reader: Reader, *, at: datetime) -> bool:
    """No more marketing mail; True when that changed something. May be repeated."""
    customer = reader.customer
    if customer is None:
        return False
    with transaction.atomic():
        changed = consent.withdraw(customer, source=reader.source, at=at)
        if changed:
            ledger.record([_entry(reader, customer, "unsubscribe", at)])
    if changed and reader.message:
        unsubscribed.send_robust(sender=Message, message=reader.message, at=at)
    return changed


def leave_by_mail(subject: str, *, at: datetime) -> bool:
    """What programs write that take the mailto of List-Unsubscribe; True when it names a link of ours."""
    found = WRITTEN.fullmatch(subject)
    reader = reader_of(found[1]) if found else None
    if reader is None:
        return False
    leave(reader, at=at)
    return True


def come_back(reader: Reader, *, at: datetime, wording: str) -> bool:
    """Marketing mail again; True when that changed something. `wording` is what the button said."""
    customer = reader.customer
    if customer is None or reader.gets_mail:
        return False
    with transaction.atomic():
        consent.grant(customer, source=reader.source, at=at, wording=wording)
        ledger.record([_entry(reader, customer, "consent", at)])
    return True


def _entry(reader: Reader, customer: Customer, kind: str, at: datetime) -> Interaction:
    mailing = reader.message.mailing if reader.message else None
    return Interaction(
        customer=customer,
        kind=kind,
        at=at,
        source=reader.source,
        key=f"{kind}:{at.isoformat()}",
        subject=mailing.source if mailing else "",
        title=mailing.name if mailing else "",
        properties={"granted": kind == "consent"},
    )
