"""What a customer decides on their own page: what for, in which language, and what to ask the shop for."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.conf import settings
from django.db import IntegrityError, transaction

from crm import audit, consent, webhooks
from crm.models import Business, Channel, Customer, PrivacyRequest, Purpose

MONTH = timedelta(days=30)  # The law's answer time, counted on the careful side.


@dataclass(frozen=True, slots=True)
class Switch:
    """One purpose on one channel, as the page shows it."""

    purpose: Purpose
    channel: str
    granted: bool

    @property
    def name(self) -> str:
        return f"{self.purpose.key}.{self.channel}"

    @property
    def label(self) -> str:
        return f"{self.purpose.label} · {Channel(self.channel).label}"


def switches(customer: Customer) -> list[Switch]:
    """What the shop asks permission for, besides marketing mail, which has its own button."""
    standing = consent.state(customer)
    return [
        Switch(purpose, channel, standing.get((purpose.key, channel), consent.UNKNOWN).granted)
        for purpose in Purpose.objects.filter(is_public=True)
        for channel in purpose.channels
        if (purpose.key, channel) != (consent.MARKETING, consent.EMAIL) and channel in Channel.values
    ]


def choose(customer: Customer, chosen: Collection[str], *, source: str, at: datetime) -> int:
    """Take over the switches as they stand now; returns how many changed."""
    changed = 0
    for switch in switches(customer):
        if (switch.name in chosen) == switch.granted:
            continue
        changed += 1
        say = consent.withdraw if switch.granted else consent.grant
        say(
            customer, source=source, at=at, wording=switch.label, purpose=switch.purpose.key,
            channel=switch.channel, proof={"page": "preferences"},
        )  # fmt: skip
    return changed


@transaction.atomic
def speak(customer: Customer, language: str) -> bool:
    """Write to the customer in this language from now on."""
    if language not in dict(settings.LANGUAGES):
        return False
    others = Customer.objects.filter(pk=customer.pk).exclude(language=language)
    if not others.update(language=language):
        return False
    change = ({"language": customer.language}, {"language": language})
    audit.record(None, "changed", customer, change=change, detail="by the customer")
    webhooks.emit("customer.updated", {"customer": customer.public_id, "changed": ["language"]})
    return True


@transaction.atomic
def measure(customer: Customer, mode: str) -> bool:
    """Remember openings and clicks of this customer as they wish from now on, also in mails already out."""
    if mode not in Customer.Tracking.values:
        return False
    others = Customer.objects.filter(pk=customer.pk).exclude(tracking=mode)
    if not others.update(tracking=mode):
        return False
    change = ({"tracking": customer.tracking}, {"tracking": mode})
    audit.record(None, "changed", customer, change=change, detail="by the customer")
    return True


def measuring(customer: Customer, business: Business) -> list[tuple[str, str, bool]]:
    """(mode, what it means, whether it is in force) for the customer's page."""
    now = customer.tracking or business.tracking
    return [(mode.value, str(mode.label), mode == now) for mode in Customer.Tracking if mode]


def ask(customer: Customer, kind: str, *, source: str, at: datetime) -> PrivacyRequest:
    """Ask the shop; the same wish twice is one request with the first date."""
    values = {"source": source, "asked_at": at, "due_on": (at + MONTH).date()}
    state = PrivacyRequest.State.OPEN
    try:
        with transaction.atomic():
            request, _made = PrivacyRequest.objects.get_or_create(
                customer=customer, kind=kind, state=state, defaults=values
            )
    except IntegrityError:  # Asked twice in the same moment.
        request = PrivacyRequest.objects.get(customer=customer, kind=kind, state=state)
    return request


def waiting(customer: Customer) -> dict[str, PrivacyRequest]:
    """The open requests of a customer by kind."""
    found = PrivacyRequest.objects.filter(customer=customer, state=PrivacyRequest.State.OPEN)
    return {one.kind: one for one in found}
