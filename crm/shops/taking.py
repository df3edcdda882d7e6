"""Taking over what a shop says about an order or a person, by the rules of imports."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

from crm import addresses, consent, matching, orders, privacy
from crm.imports import kinds, people, statuses
from crm.models import Business, Customer, ImportBatch, PrivacyRequest, Purchase
from crm.shops.said import Person, Sale

ANSWER_WITHIN = timedelta(days=30)


def order(sale: Sale, *, shop: str, at: datetime) -> Purchase | None:
    """Bring the order up to date; None for one that was never paid."""
    if statuses.word(sale.status, waiting_sells=True) == "failed":
        return None
    person = _free_to_know(sale.person)
    known = _match(person)
    header: dict[str, Any] = {**sale.header, **_identity(person, known)}
    if sale.status:
        header["status"] = sale.status
    if sale.cancelled_at:
        header["cancelled_at"] = sale.cancelled_at
    refunded = sum(sale.refunds.values(), Decimal(0))
    purchase, _created = orders.take(
        orders.Order(
            number=sale.number,
            bought_at=sale.bought_at,
            lines=sale.lines,
            customer=known,
            total=sale.total,
            refunded=refunded or None,
            cancelled=bool(sale.cancelled_at),
            header=header,
        ),
        at=at,
    )
    if purchase.customer_id and person.agreed is not None:
        _consent(Customer.objects.get(pk=purchase.customer_id), agreed=person.agreed, shop=shop, at=at)
    return purchase


def person(told: Person, *, shop: str, changed_at: datetime | None, at: datetime) -> Customer | None:
    """Create or update somebody; None for who cannot be told apart, or was erased and must not come back."""
    told = _free_to_know(told)
    known = _match(told)
    row = _identity(told, known)
    key = people.key_of(row)
    if not key:
        return None
    dated = str((changed_at or at).astimezone(UTC).replace(tzinfo=None))
    facts = {name: (dated, value) for name, value in people.values_of(row)}
    if told.created_at:
        day = told.created_at.astimezone(Business.current().zone).date()
        facts["-created_on"] = (dated, day.isoformat())
    verdicts = people.describe({key: facts}, _plan(at))
    customer = Customer.objects.get(pk=verdicts[key][1])
    if told.agreed is not None:
        _consent(customer, agreed=told.agreed, shop=shop, at=at)
    return customer


def gone(told: Person, *, shop: str, at: datetime) -> Customer | None:
    """Deleted in the shop: nobody writes to them any more; what they bought stays."""
    customer = _match(told)
    if customer:
        consent.withdraw(customer, source=shop, at=at, wording="deleted in the shop")
    return customer


def redact(told: Person, *, shop: str, at: datetime) -> Customer | None:
    """The person asks to be erased: a request that the owner answers in time."""
    customer = _match(told)
    if customer:
        gone(told, shop=shop, at=at)
        PrivacyRequest.objects.get_or_create(
            customer=customer,
            kind=PrivacyRequest.Kind.ERASE,
            state=PrivacyRequest.State.OPEN,
            defaults={"source": shop[:80], "asked_at": at, "due_on": (at + ANSWER_WITHIN).date()},
        )
    return customer


def _free_to_know(told: Person) -> Person:
    """Whoever was erased stays unknown: their orders are anonymous sales."""
    told = replace(told, email=addresses.tidy(told.email))
    erased = privacy.is_erased(email=told.email, phone=told.phone, external_id=told.number)
    return Person() if erased else told


def _match(told: Person) -> Customer | None:
    return matching.match(external_id=told.number, email=told.email, phone=told.phone, country=told.country)


def _identity(told: Person, known: Customer | None) -> dict[str, Any]:
    """What the rows of a file would say. A number that is not the known person's would make a second one."""
    row: dict[str, Any] = {
        "customer": told.number,
        "email": told.email,
        "phone": told.phone,
        "first_name": told.first_name,
        "last_name": told.last_name,
        "country": told.country,
        "city": told.city,
        "tags": list(told.tags),
    }
    if known is not None and told.number and known.external_id not in (None, told.number):
        row.pop("customer")
    return {name: value for name, value in row.items() if value}


def _consent(customer: Customer, *, agreed: bool, shop: str, at: datetime) -> None:
    """A yes counts for who never decided; a no always."""
    unknown = customer.email_consent == Customer.EmailConsent.UNKNOWN and not customer.suppressed_at
    if agreed and unknown:
        consent.grant(customer, source=shop, at=at, wording="told by the shop")
    elif not agreed and customer.email_consent != Customer.EmailConsent.WITHDRAWN:
        consent.withdraw(customer, source=shop, at=at, wording="told by the shop")


def _plan(at: datetime) -> kinds.Plan:
    business = Business.current()
    return kinds.Plan(
        batch=ImportBatch(kind="customers", mapping={}, counts={}, created_at=at),
        mapped=frozenset(),
        options={},
        findings={},
        zone=business.zone,
        currency=business.currency,
        at=at,
    )
