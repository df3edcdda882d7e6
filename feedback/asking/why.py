"""Why was this person (not) asked? What is known, question by question."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime

from django.utils.translation import gettext as _

from crm.models import Customer, Message
from crm.outbox import reasons as outbox_reasons
from feedback.asking import reasons, whom
from feedback.models import Asking, Invitation, NotAsked


@dataclass(frozen=True, slots=True)
class Why:
    asking: Asking
    lines: list[tuple[datetime, str]]  # What happened, the latest first.
    now: str  # Whether, and why not, the person could be asked at this moment.


def of(customer: Customer, *, now: datetime) -> list[Why]:
    """For each automatic question what became of this person, and how it stands now."""
    left_out = NotAsked.objects.filter(customer=customer).order_by("-at")[:50]
    messages = Message.objects.filter(customer=customer, mailing__kind="survey").select_related("mailing")
    by_asking: dict[int, list[tuple[datetime, str]]] = {}
    for one in left_out:
        by_asking.setdefault(one.asking_id, []).append(
            (one.at, str(reasons.LABELS.get(one.reason, one.reason)))
        )
    by_source: dict[str, list[tuple[datetime, str]]] = {}
    for message in messages.order_by("-planned_at")[:50]:
        said = outbox_reasons.explain(message, now=now)
        by_source.setdefault(message.mailing.source, []).append((message.sent_at or message.planned_at, said))
    return [
        Why(
            asking,
            sorted([*by_asking.get(asking.pk, []), *by_source.get(asking.source, [])], reverse=True),
            _now(asking, customer, now),
        )
        for asking in Asking.objects.select_related("survey")
    ]


def last_asked(customer: Customer) -> Invitation | None:
    return Invitation.objects.filter(customer=customer).select_related("survey").order_by("-asked_at").first()


def _now(asking: Asking, customer: Customer, now: datetime) -> str:
    if not asking.is_on:
        return _("This question is switched off.")
    code = reasons.of(
        asking,
        customer,
        now=now,
        inside=customer.pk in whom.in_segment(asking, [customer.pk]),
        asked_lately=customer.pk in reasons.resting(asking, now, [customer.pk]),
    )
    if code:
        return str(reasons.LABELS[code])
    return _("May be asked when the occasion comes.")
