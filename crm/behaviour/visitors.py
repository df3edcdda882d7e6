"""Whose browser it is: known since it was proved, with everything it did before; and forgetting."""

from __future__ import annotations

import hmac
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import Exists, OuterRef, QuerySet

from crm import ledger
from crm.behaviour import website
from crm.behaviour.taking import WEB
from crm.models import AnonymousEvent, Customer, Interaction, Visitor, Website

AT_ONCE = 2000


def prove(
    site: Website, user: str, proof: str, *, at: datetime, expires: int | None = None
) -> Customer | None:
    """The customer whom the shop's server vouches for by their number or id; None for a wrong proof.

    A line break in the name would let a proof without an end pass for one with another end.
    """
    if "\n" in user or (expires is not None and expires <= at.timestamp()):
        return None
    good = website.proof_of(site, user, expires)
    if not hmac.compare_digest(good.encode(), proof.lower().encode()):
        return None
    by_number = Customer.objects.filter(external_id=user).first()
    return by_number or Customer.objects.filter(public_id=user).first()


@transaction.atomic
def identify(visitor: str, customer: Customer, *, at: datetime) -> int:
    """From now on this browser is the customer's; what it did unknown becomes theirs. Returns how much.

    A browser that was somebody else's before keeps its past with them.
    """
    values = {"customer": customer, "identified_at": at, "seen_at": at}
    Visitor.objects.update_or_create(visitor=visitor, defaults=values)
    moved = 0
    while rows := list(AnonymousEvent.objects.filter(visitor=visitor).order_by("pk")[:AT_ONCE]):
        _move(rows, {visitor: customer.pk})
        moved += len(rows)
    return moved


def _move(rows: Sequence[AnonymousEvent], owners: dict[str, int]) -> None:
    ledger.record(
        Interaction(
            customer_id=owners[row.visitor],
            kind=row.kind,
            at=row.at,
            source=WEB,
            key=row.key,
            subject=row.subject,
            title=row.title,
            number=row.number,
            properties=row.properties,
        )
        for row in rows
    )
    AnonymousEvent.objects.filter(pk__in=[row.pk for row in rows]).delete()


def gather(now: datetime) -> None:
    """Events that came in the very moment in which their visitor was identified."""
    known = Visitor.objects.filter(visitor=OuterRef("visitor"))
    left = AnonymousEvent.objects.filter(Exists(known)).order_by("pk")
    while rows := list(left[:AT_ONCE]):
        with transaction.atomic():
            names = {row.visitor for row in rows}
            owners = Visitor.objects.filter(visitor__in=names).values_list("visitor", "customer_id")
            _move(rows, dict(owners))


def forget(now: datetime) -> None:
    """Throw away what is older than the shop wants to keep."""
    site = website.current()
    unknown = now - timedelta(days=site.anonymous_days)
    _delete(AnonymousEvent.objects.filter(at__lt=unknown))
    known = now - timedelta(days=site.known_days)
    _delete(Interaction.objects.filter(source=WEB, at__lt=known))
    Visitor.objects.filter(identified_at__lt=known).delete()


def _delete(rows: QuerySet[Any]) -> None:
    """A few thousand at a time, so that nobody waits for the lock."""
    while some := list(rows.order_by("pk").values_list("pk", flat=True)[:AT_ONCE]):
        rows.model._default_manager.filter(pk__in=some).delete()
