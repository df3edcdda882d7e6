"""Opening a case, from wherever the word came."""

from __future__ import annotations

from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction

from crm import audit, ledger, webhooks
from crm.cases import promises
from crm.figures import figures_of
from crm.models import Case, CaseMessage, Customer, Interaction, User

TOLD = {"case": "case.created", "case_solved": "case.solved", "case_reopened": "case.reopened"}


@transaction.atomic
def open_case(  # noqa: PLR0913 - the parts of a case.
    subject: str,
    *,
    at: datetime,
    channel: str = Case.Channel.HAND,
    customer: Customer | None = None,
    text: str = "",
    by: User | None = None,
    source: str | None = None,
    priority: int = Case.Priority.NORMAL,
    owner: User | None = None,
    sender_name: str = "",
    sender_email: str = "",
    message: dict[str, Any] | None = None,
    **fields: Any,
) -> Case:
    """Open a case with its first word and start its clocks. The same `source` opens one case only.

    `text` is what the customer said; `message` holds further fields of that first CaseMessage. Other fields
    of Case (category, language, follows, is_demo) may be given too.
    """
    if source and (known := Case.objects.filter(source=source).first()):
        return known
    draft = Case(
        subject=" ".join(subject.split())[:250] or "…",
        customer=customer,
        channel=channel,
        source=source,
        priority=priority,
        owner=owner or (customer.owner if customer else None),
        sender_name=sender_name[:120],
        sender_email=sender_email[:254],
        worth=worth_of(customer),
        opened_at=at,
        changed_at=at,
        **{"language": customer.language if customer else "", **fields},
        **promises.of(customer, priority, since=at),
    ).prepare()
    case = _once(draft)
    if case is not draft:
        return case
    if text or message:
        first = {"sender_name": sender_name[:120], "sender_email": draft.sender_email, "text": text, "at": at}
        CaseMessage.objects.create(
            case=case, **{"direction": CaseMessage.Direction.IN, "key": "first", **first, **(message or {})}
        )
    audit.record(by, "created", case, detail=channel)
    remember(case, "case", at=at, key=f"{case.pk}:opened")
    return case


def _once(draft: Case) -> Case:
    """The stored case; the one that was faster when two opened the same source at once."""
    if not draft.source:
        draft.save(force_insert=True)
        return draft
    values = {
        field.name: getattr(draft, field.name)
        for field in Case._meta.concrete_fields
        if field.name not in ("id", "source")
    }
    case, fresh = Case.objects.get_or_create(source=draft.source, defaults=values)
    if not fresh:
        return case
    draft.pk = case.pk
    draft._state.adding = False
    return draft


def worth_of(customer: Customer | None) -> Decimal:
    """What the customer brought so far; never below nothing."""
    if customer is None:
        return Decimal(0)
    return max(figures_of([customer.pk])[customer.pk].revenue, Decimal(0))


def remember(case: Case, kind: str, *, at: datetime, key: str) -> None:
    """Tell what became of a case: to other programs, and in the customer's timeline."""
    person = case.customer.public_id if case.customer else None
    webhooks.emit(TOLD[kind], {"case": case.pk, "customer": person}, at=at)
    if case.customer_id is None:
        return
    ledger.record(
        [
            Interaction(
                customer_id=case.customer_id,
                kind=kind,
                at=at,
                source="cases",
                key=key,
                subject=str(case.pk),
                title=f"#{case.pk} {case.subject}"[:250],
            )
        ]
    )
