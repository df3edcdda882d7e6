"""The only place that changes permission: evidence appended, state in force beside the customer.

Permission has a purpose ("marketing", "research" …, defined by the shop) and a channel ("email", "sms" …).
For marketing mail the state is `Customer.email_consent`, which the outbox asks; for the rest `ConsentState`.

    consent.grant(customer, source="staff", at=now, purpose="research", channel="sms", wording="…")
    consent.state(customer)[("research", "sms")].granted
"""

from __future__ import annotations

import hashlib
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction

from crm import webhooks
from crm.models import Consent, ConsentState, ConsentWording, Customer, Suppression

MARKETING, EMAIL = "marketing", "email"
type Proof = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Standing:
    """What holds for one purpose and channel: "unknown", "pending", "granted" or "withdrawn"."""

    state: str
    at: datetime | None = None

    @property
    def granted(self) -> bool:
        return self.state == ConsentState.State.GRANTED

    @property
    def pending(self) -> bool:
        return self.state == ConsentState.State.PENDING


UNKNOWN = Standing("unknown")


def email_hash(email: str) -> str:
    """SHA-256 of the normalised address, hexadecimal."""
    return hashlib.sha256(email.strip().lower().encode()).hexdigest()


def state(customer: Customer) -> dict[tuple[str, str], Standing]:
    """What holds for each (purpose, channel) that was ever decided; marketing mail is always there."""
    found = {(one.purpose, one.channel): Standing(one.state, one.at) for one in customer.consent_states.all()}
    mail = found.get((MARKETING, EMAIL), UNKNOWN)
    if customer.email_consent != Customer.EmailConsent.UNKNOWN or not mail.pending:
        mail = Standing(customer.email_consent, mail.at)
    return {**found, (MARKETING, EMAIL): mail}


def allows(customer: Customer, purpose: str, channel: str) -> bool:
    """Whether the customer agreed to this, and nothing stands against the address."""
    if (purpose, channel) == (MARKETING, EMAIL):
        return customer.email_consent == Customer.EmailConsent.GRANTED and not customer.suppressed_at
    return state(customer).get((purpose, channel), UNKNOWN).granted


@transaction.atomic
def grant(  # noqa: PLR0913 - what evidence consists of.
    customer: Customer,
    *,
    source: str,
    at: datetime,
    wording: str = "",
    purpose: str = MARKETING,
    channel: str = EMAIL,
    version: ConsentWording | None = None,
    proof: Proof | None = None,
) -> None:
    """Record that the customer agreed; to marketing mail: lifts an earlier unsubscription."""
    evidence = Consent(
        customer=customer, purpose=purpose, channel=channel, action=Consent.Action.GRANTED, source=source,
        wording=wording[:400], version=version, proof=dict(proof or {}), at=at,
    )  # fmt: skip
    changed = _stand(customer, purpose, channel, ConsentState.State.GRANTED, at)
    if (purpose, channel) != (MARKETING, EMAIL):
        if changed:
            evidence.save()
            _tell(customer, evidence)
        return
    others = Customer.objects.filter(pk=customer.pk).exclude(email_consent=Customer.EmailConsent.GRANTED)
    if others.update(email_consent=Customer.EmailConsent.GRANTED) or customer.suppressed_at:
        evidence.save()
        _tell(customer, evidence)
    hashed = email_hash(customer.email)
    Suppression.objects.filter(email_hash=hashed, reason=Suppression.Reason.UNSUBSCRIBED).delete()
    if not Suppression.objects.filter(email_hash=hashed).exists():
        Customer.objects.filter(pk=customer.pk).update(suppressed_at=None)


@transaction.atomic
def withdraw(  # noqa: PLR0913 - what evidence consists of.
    customer: Customer,
    *,
    source: str,
    at: datetime,
    wording: str = "",
    purpose: str = MARKETING,
    channel: str = EMAIL,
    proof: Proof | None = None,
) -> bool:
    """Record an objection; True when it changed something. To mail: for all of that address."""
    if (purpose, channel) == (MARKETING, EMAIL):
        fresh = _no_mail(customer, at)
    else:
        fresh = [customer] if _stand(customer, purpose, channel, ConsentState.State.WITHDRAWN, at) else []
    values = {"purpose": purpose, "channel": channel, "wording": wording[:400], "proof": dict(proof or {})}
    action = Consent.Action.WITHDRAWN
    said = [Consent(customer=one, action=action, source=source, at=at, **values) for one in fresh]
    Consent.objects.bulk_create(said)
    for one, evidence in zip(fresh, said, strict=True):
        _tell(one, evidence)
    return bool(fresh)


def _no_mail(customer: Customer, at: datetime) -> list[Customer]:
    """Those who share the address and had not objected yet."""
    same = Customer.objects.filter(email=customer.email) if customer.email else Customer.objects.none()
    people: Sequence[Customer] = list(same) or [customer]
    fresh = [one for one in people if one.email_consent != Customer.EmailConsent.WITHDRAWN]
    Customer.objects.filter(pk__in=[one.pk for one in people]).update(
        email_consent=Customer.EmailConsent.WITHDRAWN
    )
    ConsentState.objects.filter(
        customer__in=people, purpose=MARKETING, channel=EMAIL, state=ConsentState.State.PENDING
    ).delete()
    if customer.email:
        suppress(customer.email, Suppression.Reason.UNSUBSCRIBED, at=at)
    return fresh


def pend(customer: Customer, opt_in: Consent) -> None:
    """Record that a yes waits for its confirmation, with the evidence of the asking (unsaved, ASKED)."""
    opt_in.save()
    standing = state(customer).get((opt_in.purpose, opt_in.channel), UNKNOWN)
    if (
        standing.granted or standing.state == ConsentState.State.WITHDRAWN
    ):  # A no holds until the yes is sure.
        return
    _stand(customer, opt_in.purpose, opt_in.channel, ConsentState.State.PENDING, opt_in.at)


def lapse(customer: Customer, purpose: str, channel: str) -> None:
    """The confirmation never came: as if nobody had asked."""
    waiting = ConsentState.objects.filter(customer=customer, purpose=purpose, channel=channel)
    waiting.filter(state=ConsentState.State.PENDING).delete()


def _stand(customer: Customer, purpose: str, channel: str, state: str, at: datetime) -> bool:
    """Write the state in force; True when it was another. That of marketing mail only while it waits."""
    mine = ConsentState.objects.filter(customer=customer, purpose=purpose, channel=channel)
    if (purpose, channel) == (MARKETING, EMAIL) and state != ConsentState.State.PENDING:
        mine.delete()
        return True
    if mine.exclude(state=state).update(state=state, at=at):
        return True
    _row, created = ConsentState.objects.get_or_create(
        customer=customer, purpose=purpose, channel=channel, defaults={"state": state, "at": at}
    )
    return created


def _tell(customer: Customer, evidence: Consent) -> None:
    said = {"customer": customer.public_id, "purpose": evidence.purpose, "channel": evidence.channel}
    webhooks.emit("consent.changed", {**said, "action": str(evidence.action)})


def suppress(email: str, reason: str, *, at: datetime) -> None:
    """No marketing mail to this address any more, whoever imports it again."""
    Suppression.objects.get_or_create(email_hash=email_hash(email), defaults={"reason": reason, "at": at})
    Customer.objects.filter(email=email.strip().lower(), suppressed_at=None).update(suppressed_at=at)


def blocked_by(customer: Customer) -> Suppression | None:
    """What stands against the address, if anything does."""
    if not customer.email:
        return None
    return Suppression.objects.filter(email_hash=email_hash(customer.email)).first()


@transaction.atomic
def unblock(customer: Customer) -> bool:
    """Mail may be tried again after a bounce, not after an objection; True when it was one."""
    if not customer.email:
        return False
    bounced = Suppression.objects.filter(
        email_hash=email_hash(customer.email), reason=Suppression.Reason.BOUNCED
    )
    if not bounced.delete()[0]:
        return False
    Customer.objects.filter(email=customer.email).update(suppressed_at=None)
    return True


def recall(customer: Customer) -> None:
    """Take over what the (new) address already said no to."""
    found = (
        Suppression.objects.filter(email_hash=email_hash(customer.email)).first() if customer.email else None
    )
    customer.suppressed_at = found.at if found else None
    Customer.objects.filter(pk=customer.pk).update(suppressed_at=customer.suppressed_at)
