"""Products that rows name: created, or described anew by the latest dated row."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from decimal import Decimal
from typing import Any, Final

from crm import bulk
from crm.imports.kinds import Plan
from crm.models import Product

KIND: Final = 3  # After the three kinds of people.
LONGEST_SKU, LONGEST_NAME, LONGEST_CATEGORY = 120, 200, 120


def find(codes: Iterable[str]) -> dict[str, int]:
    return dict(Product.objects.filter(sku__in=set(codes)).values_list("sku", "pk"))


def describe(facts: Mapping[str, Mapping[str, tuple[str, Any]]], plan: Plan) -> None:
    """Create or update the products of these article numbers."""
    known = {product.sku: product for product in Product.objects.filter(sku__in=list(facts))}
    changed = [product for code, product in known.items() if _update(product, facts[code])]
    plan.keep(Product, [one.pk for one in changed])
    Product.objects.bulk_update(changed, ["name", "category", "price", "described_at"], batch_size=200)
    fresh = [code for code in sorted(facts) if code not in known]
    numbers = bulk.reserve(Product, len(fresh)) if fresh else []
    rows = [{"id": number, **_new(code, facts[code])} for number, code in zip(numbers, fresh, strict=True)]
    bulk.write_full(Product, rows)
    plan.made(Product, numbers)


def _update(product: Product, facts: Mapping[str, tuple[str, Any]]) -> bool:
    known_at = str(product.described_at.replace(tzinfo=None)) if product.described_at else ""
    latest, changed = "", False
    for name, (dated, value) in facts.items():
        latest = max(latest, dated)
        now = getattr(product, name)
        said = Decimal(value) if name == "price" else value
        blank = now in {None, ""} or (name == "name" and now == product.sku)
        if now != said and (dated >= known_at or blank):
            setattr(product, name, said)
            changed = True
    if changed and latest > known_at:
        product.described_at = datetime.fromisoformat(f"{latest}+00:00")
    return changed


def _new(code: str, facts: Mapping[str, tuple[str, Any]]) -> dict[str, Any]:
    return {
        "sku": code,
        "name": facts["name"][1] if "name" in facts else code,
        "category": facts["category"][1] if "category" in facts else "",
        "price": facts["price"][1] if "price" in facts else None,
        "described_at": max((dated for dated, _value in facts.values()), default="") or None,
    }
