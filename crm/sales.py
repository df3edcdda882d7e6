"""Sales and refunds typed by hand at the counter."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm import webhooks
from crm.errors import Refusal
from crm.models import Customer, Product, Purchase, PurchaseLine, Refund

COUNTER = "counter"
ZERO = Decimal(0)


@dataclass(frozen=True, slots=True)
class Line:
    """What was sold: a product by its name or article number, how many, and the price of one."""

    product: str
    quantity: Decimal
    price: Decimal

    @property
    def amount(self) -> Decimal:
        return (self.quantity * self.price).quantize(Decimal("0.01"))


def sell(
    customer: Customer | None,
    lines: Sequence[Line],
    *,
    key: str,
    at: datetime,
    currency: str,
    discount: Decimal = ZERO,
) -> Purchase:
    """Write down a counter sale. The same key twice is one sale."""
    return write_down(
        customer, lines, key=f"till:{key}", at=at, currency=currency, channel=COUNTER, discount=discount
    )


@transaction.atomic
def write_down(  # noqa: PLR0913 - what a purchase consists of.
    customer: Customer | None,
    lines: Sequence[Line],
    *,
    key: str,
    at: datetime,
    currency: str,
    channel: str,
    discount: Decimal = ZERO,
) -> Purchase:
    """A purchase with its lines, under a key that all purchases share. The same key twice is one."""
    assert lines
    total = sum((line.amount for line in lines), ZERO)
    assert ZERO <= discount <= total
    purchase, fresh = Purchase.objects.get_or_create(
        key=key,
        defaults={
            "customer": customer,
            "bought_at": at,
            "charged": total - discount,
            "discount": discount,
            "currency": currency,
            "channel": channel,
        },
    )
    if fresh:
        PurchaseLine.objects.bulk_create(
            PurchaseLine(
                purchase=purchase,
                product=product_called(line.product, price=line.price),
                quantity=line.quantity,
                price=line.price,
                amount=line.amount,
                fingerprint=f"till:{position}",
            )
            for position, line in enumerate(lines, start=1)
        )
        webhooks.emit("purchase.created", told(purchase))
    return purchase


def sold_before(key: str) -> Purchase | None:
    """The counter sale of this key, when it is written down already."""
    return Purchase.objects.filter(key=f"till:{key}").first()


@transaction.atomic
def take_back(purchase: Purchase) -> None:
    """Undo a sale that was just typed: it stays as cancelled and counts nowhere."""
    rows = Purchase.objects.filter(pk=purchase.pk, status=Purchase.Status.COMPLETED, refunded=0)
    if not rows.update(status=Purchase.Status.CANCELLED):
        raise Refusal(_("This sale was refunded or undone already. Nothing was changed."))
    webhooks.emit("purchase.updated", told(purchase))


@transaction.atomic
def refund(purchase: Purchase, amount: Decimal, *, key: str, at: datetime) -> Refund:
    """Give money back on an order, never more than was charged. The same key twice is one refund."""
    held = Purchase.objects.select_for_update().get(pk=purchase.pk)
    known = Refund.objects.filter(key=f"till:{key}").first()
    if known:
        return known
    if amount > held.charged - held.refunded:
        raise Refusal(_("That is more than is left of this order. Nothing was refunded."))
    Purchase.objects.filter(pk=held.pk).update(refunded=held.refunded + amount)
    webhooks.emit("purchase.refunded", {**told(held), "amount": str(amount)})
    return Refund.objects.create(
        key=f"till:{key}",
        number=held.number,
        customer_id=held.customer_id,
        purchase=held,
        amount=amount,
        refunded_at=at,
    )


def told(purchase: Purchase) -> dict[str, Any]:
    """What other programs hear of a purchase."""
    person = purchase.customer.public_id if purchase.customer else None
    return {"purchase": purchase.pk, "number": purchase.number, "customer": person}


def product_called(name: str, *, price: Decimal | None = None) -> Product:
    """The product with this article number or name; a new one when nothing is called so."""
    name = " ".join(name.split())
    found = (
        Product.objects.filter(sku__iexact=name).first() or Product.objects.filter(name__iexact=name).first()
    )
    return found or Product.objects.create(sku=name[:120], name=name[:200], price=price)
