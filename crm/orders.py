"""One order from another program, brought in by the rules of imports: the same number again replaces it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm import sales, webhooks
from crm.errors import Refusal
from crm.imports import kinds, reasons
from crm.imports.purchases import PurchasesSession
from crm.models import Business, Customer, ImportBatch, Purchase, Refund


@dataclass(frozen=True, slots=True)
class OrderLine:
    product: str
    quantity: Decimal
    price: Decimal
    sku: str = ""
    category: str = ""
    discount: Decimal | None = None  # Of this line, to be taken off.
    amount: Decimal | None = None  # What the line cost in all, where that is not quantity times price.


@dataclass(frozen=True, slots=True)
class Order:
    """What a shop says about one order. Money is in the shop's currency."""

    number: str
    bought_at: datetime
    lines: Sequence[OrderLine]
    customer: Customer | None = None
    total: Decimal | None = None
    refunded: Decimal | None = None
    cancelled: bool = False
    header: dict[str, Any] = field(default_factory=dict)  # discount, tax …; what is known of the buyer.


@transaction.atomic
def take(order: Order, *, at: datetime) -> tuple[Purchase, bool]:
    """Write an order down, or bring the stored one up to date; whether it is new."""
    key = f"order:{order.number}"
    before = Purchase.objects.select_for_update().filter(key=key).first()
    business = Business.current()
    rows = [_row(order, line) for line in order.lines]
    plan = kinds.Plan(
        batch=ImportBatch(kind="purchases", mapping={}, counts={}),
        mapped=frozenset(name for row in rows for name in row),
        options={"waiting_sells": True},
        findings={},
        zone=business.zone,
        currency=business.currency,
        at=at,
    )
    session = PurchasesSession(plan)
    try:
        staged = [session.judge(row) for row in rows]
    except kinds.Skip as verdict:
        raise Refusal(f"{verdict.field}: {reasons.words(verdict.code)}") from verdict
    facts: dict[int, dict[str, dict[str, tuple[str, Any]]]] = {}
    for fact in (fact for one in staged for fact in one.facts):
        known = facts.setdefault(fact.kind, {}).setdefault(fact.key, {})
        known.update({name: (fact.dated, value) for name, value in fact.values})
    for kind, about in sorted(facts.items()):
        session.describe(kind, about)
    session.merge([(number, one.data) for number, one in enumerate(staged, start=1)])
    purchase = Purchase.objects.filter(key=key).first()
    if purchase is None:
        raise Refusal(_("An order needs at least one line with a price above zero."))
    _belongs(purchase, order.customer)
    webhooks.emit("purchase.updated" if before else "purchase.created", sales.told(purchase))
    return purchase, before is None


def _row(order: Order, line: OrderLine) -> dict[str, Any]:
    """A line as the reader of files would give it."""
    row: dict[str, Any] = {
        "order": order.number,
        "bought_at": order.bought_at.astimezone(UTC),
        "product": line.product,
        "quantity": line.quantity,
        "price": line.price,
        **order.header,
    }
    if line.sku:
        row["sku"] = line.sku
    if line.category:
        row["category"] = line.category
    if line.discount is not None:
        row["line_discount"] = line.discount
    if line.amount is not None:
        row["amount"] = line.amount
    if order.total is not None:
        row["order_total"] = order.total
    if order.refunded is not None:
        row["refunded"] = order.refunded
    if order.cancelled:
        row["status"] = "cancelled"
    return row


def _belongs(purchase: Purchase, customer: Customer | None) -> None:
    """Known people are named by their row, so a number or address that changed does not matter."""
    if customer is None or purchase.customer_id == customer.pk:
        return
    Purchase.objects.filter(pk=purchase.pk).update(customer=customer)
    Refund.objects.filter(purchase=purchase).update(customer=customer)
    purchase.customer = customer
