"""Short ways to import in tests."""

from __future__ import annotations

import io
import json
from pathlib import Path
from typing import Any

from django.core.management import call_command

from crm.models import Customer, Product, Purchase, PurchaseLine, Refund


def bring(kind: str, path: Path, *options: str) -> dict[str, Any]:
    """Run import_file and read its answer."""
    out = io.StringIO()
    call_command("import_file", kind, str(path), *options, "--json", stdout=out, stderr=io.StringIO())
    return json.loads(out.getvalue())


def bring_text(tmp_path: Path, kind: str, text: str, *options: str, name: str = "file.csv") -> dict[str, Any]:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    return bring(kind, path, *options)


def outcomes(found: dict[str, Any]) -> dict[str, int]:
    """The outcomes that are not zero."""
    names = ("created", "updated", "unchanged", "skipped", "rejected")
    return {name: found[name] for name in names if found[name]}


def state() -> dict[str, list[Any]]:
    """All that imports write, without numbers of rows and moments of writing."""
    return {
        "customers": sorted(
            Customer.objects.values_list("external_id", "email", "country", "created_on", "described_at"),
            key=str,
        ),
        "products": sorted(Product.objects.values_list("sku", "name", "category", "price", "described_at")),
        "purchases": sorted(
            Purchase.objects.values_list("key", "customer__external_id", "bought_at", "charged", "refunded"),
            key=str,
        ),
        "lines": sorted(
            PurchaseLine.objects.values_list(
                "purchase__key", "product__sku", "quantity", "price", "amount", "fingerprint", "occurrence"
            ),
            key=str,
        ),
        "refunds": sorted(
            Refund.objects.values_list(
                "key", "customer__external_id", "product__sku", "amount", "refunded_at"
            ),
            key=str,
        ),
    }
