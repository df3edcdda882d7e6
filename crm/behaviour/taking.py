"""Events into the ledger of whom they belong to, or aside while nobody knows."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from django.db import connection, transaction

from crm import ledger
from crm.behaviour.reading import Event
from crm.models import AnonymousEvent, Interaction, Visitor

WEB = "web"


@transaction.atomic
def take(events: Sequence[Event], *, source: str, customers: Mapping[str, int]) -> None:
    """Store events; the same id of the same sender is stored once.

    `customers` are those that a trusted sender named: {name: id}. Events without a name belong to the
    customer of their visitor, if that is known by now.
    """
    if source == WEB:
        _commit_lightly()
    visitors = {one.visitor for one in events if one.visitor and not one.customer}
    owners: dict[str, int] = {}
    if visitors:
        owners = dict(Visitor.objects.filter(visitor__in=visitors).values_list("visitor", "customer_id"))
    known, unknown = [], []
    for event in events:
        owner = customers.get(event.customer) if event.customer else owners.get(event.visitor)
        if owner:
            known.append(_interaction(event, owner, source))
        elif event.visitor:
            unknown.append(_aside(event))
    if known:
        ledger.record(known)
    if unknown:
        AnonymousEvent.objects.bulk_create(unknown, ignore_conflicts=True)


def _commit_lightly() -> None:
    """Do not wait for the disk: a power cut may cost the last views of pages, as it does on SQLite."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL synchronous_commit = off")


def key_of(event: Event) -> str:
    """Nobody can use up the id of another visitor's event."""
    return f"{event.visitor}:{event.id}" if event.visitor else event.id


def _interaction(event: Event, customer: int, source: str) -> Interaction:
    return Interaction(
        customer_id=customer,
        kind=event.kind,
        at=event.at,
        source=WEB if event.visitor else source,
        key=key_of(event),
        subject=event.subject,
        title=event.title,
        number=event.number,
        properties=event.properties,
    )


def _aside(event: Event) -> AnonymousEvent:
    return AnonymousEvent(
        visitor=event.visitor,
        kind=event.kind,
        at=event.at,
        key=key_of(event),
        subject=event.subject,
        title=event.title,
        number=event.number,
        properties=event.properties,
    )
