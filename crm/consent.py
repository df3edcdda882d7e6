"""The only place that changes permission to write: evidence appended, state on the customer."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from datetime import datetime

from django.db import transaction

from crm import addresses, webhooks
from crm.models import Consent, Customer, Suppression


def email_hash(email: str) -> str:
    """SHA-256 of the normalised address, hexadecimal."""
    return hashlib.sha256(addresses.tidy(email).encode()).hexdigest()


@transaction.atomic
def grant(customer: Customer, *, source: str, at: datetime, wording: str = "") -> None:
    """Record that the customer agreed to marketing mail; lifts an earlier unsubscription of the address."""
    changed = Customer.objects.filter(pk=customer.pk).exclude(email_consent=Customer.EmailConsent.GRANTED)
    if changed.update(email_consent=Customer.EmailConsent.GRANTED) or customer.suppressed_at:
        Consent.objects.create(customer=customer, action="granted", source=source, wording=wording, at=at)
        _tell(customer, "granted")
    hashed = email_hash(customer.email)
    Suppression.objects.filter(email_hash=hashed, reason=Suppression.Reason.UNSUBSCRIBED).delete()
    if not Suppression.objects.filter(email_hash=hashed).exists():
        Customer.objects.filter(pk=customer.pk).update(suppressed_at=None)


@transaction.atomic
def withdraw(customer: Customer, *, source: str, at: datetime) -> bool:
    """Record an objection; True when it changed something. Says no for every customer of that address."""
    same = Customer.objects.filter(email=customer.email) if customer.email else Customer.objects.none()
    people: Sequence[Customer] = list(same) or [customer]
    fresh = [one for one in people if one.email_consent != Customer.EmailConsent.WITHDRAWN]
    Customer.objects.filter(pk__in=[one.pk for one in people]).update(
        email_consent=Customer.EmailConsent.WITHDRAWN
    )
    Consent.objects.bulk_create(
        [Consent(customer=one, action="withdrawn", source=source, at=at) for one in fresh]
    )
    for one in fresh:
        _tell(one, "withdrawn")
    if customer.email:
        suppress(customer.email, Suppression.Reason.UNSUBSCRIBED, at=at)
    return bool(fresh)


def _tell(customer: Customer, action: str) -> None:
    said = {"customer": customer.public_id, "channel": "email", "action": action}
    webhooks.emit("consent.changed", said)


def suppress(email: str, reason: str, *, at: datetime) -> None:
    """No marketing mail to this address any more, whoever imports it again."""
    Suppression.objects.get_or_create(email_hash=email_hash(email), defaults={"reason": reason, "at": at})
    Customer.objects.filter(email=addresses.tidy(email), suppressed_at=None).update(suppressed_at=at)


def recall(customer: Customer) -> None:
    """Take over what the (new) address already said no to."""
    found = (
        Suppression.objects.filter(email_hash=email_hash(customer.email)).first() if customer.email else None
    )
    customer.suppressed_at = found.at if found else None
    Customer.objects.filter(pk=customer.pk).update(suppressed_at=customer.suppressed_at)
