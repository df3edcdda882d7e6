"""Short builders with honest defaults. No fixtures: a test says what it needs."""

from __future__ import annotations

import itertools
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from crm.models import Customer, Product, Purchase, PurchaseLine, Refund

_count = itertools.count(1)
NOON = datetime(2026, 6, 15, 12, tzinfo=UTC)


def make_customer(**fields: Any) -> Customer:
    n = next(_count)
    defaults = {
        "first_name": "Ada",
        "last_name": f"Byron {n}",
        "email": f"ada{n}@example.com",
        "email_consent": "granted",
    }
    customer = Customer(**{**defaults, **fields}).prepare()
    customer.save()
    return customer


def make_product(name: str = "Green tea", **fields: Any) -> Product:
    product, _ = Product.objects.get_or_create(
        sku=fields.pop("sku", name), defaults={"name": name, "category": "Tea", **fields}
    )
    return product


def make_purchase(
    customer: Customer | None,
    amount: str | int = 20,
    *,
    at: datetime = NOON,
    product: Product | None = None,
    **fields: Any,
) -> Purchase:
    n = next(_count)
    total = Decimal(amount)
    purchase = Purchase.objects.create(
        **{
            "key": f"test:{n}",
            "number": f"N{n}",
            "customer": customer,
            "bought_at": at,
            "charged": total,
            **fields,
        }
    )
    PurchaseLine.objects.create(
        purchase=purchase, product=product or make_product(), price=total, amount=total, fingerprint=f"{n}"
    )
    return purchase


def make_refund(purchase: Purchase, amount: str | int, *, at: datetime = NOON) -> Refund:
    total = Decimal(amount)
    Purchase.objects.filter(pk=purchase.pk).update(refunded=purchase.refunded + total)
    return Refund.objects.create(
        key=f"test:{next(_count)}",
        customer=purchase.customer,
        purchase=purchase,
        amount=total,
        refunded_at=at,
    )
