"""How fast 100,000 purchase lines come in, beside writing the same rows without any check."""

from __future__ import annotations

import csv
import random
import tempfile
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from django.db import transaction

from crm import bulk
from crm.imports import intake, running, staging
from crm.models import (
    Consent,
    Customer,
    CustomerTag,
    ImportBatch,
    Journal,
    JournalEntry,
    Product,
    Purchase,
    PurchaseLine,
    Refund,
)

LINES = 100_000
CUSTOMERS = 8_000
PRODUCTS = 2_500
FIRST_DAY = datetime(2025, 1, 1, 8, tzinfo=UTC)
HEADER = [
    "InvoiceNo",
    "StockCode",
    "Description",
    "Quantity",
    "InvoiceDate",
    "UnitPrice",
    "CustomerID",
    "Country",
]
COUNTRIES = ["United Kingdom", "France", "Germany", "中国", "Spain"]


def figures(size: str) -> Iterator[dict[str, Any]]:
    """The figure `import_lines`, in a database made for it."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "lines.csv")
        write_file(path)
        first = Path(folder, "first.csv")
        write_file(first, 100)
        _import(first)  # Loads what is loaded once per process.
        ours = _timed(_import, path)
        limit = _timed(_bare, path)
    yield {"name": "import_lines", "value": ours, "unit": "s", "limit": limit, "ratio": ours / limit}


def write_file(path: Path, lines: int = LINES) -> None:
    """A shop's lines: orders of about 20 lines, some without customer."""
    dice = random.Random(7)
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        written, order = 0, 0
        while written < lines:
            order += 1
            at = FIRST_DAY + timedelta(minutes=11 * order)
            person = dice.randrange(CUSTOMERS)
            known = dice.random() > 0.2
            for _line in range(min(dice.randint(1, 40), lines - written)):
                product = dice.randrange(PRODUCTS)
                written += 1
                writer.writerow(
                    [
                        f"B{order:07d}",
                        f"SKU{product:05d}",
                        f"Benchmark product {product}",
                        dice.randint(1, 24),
                        at.strftime("%Y-%m-%d %H:%M:%S"),
                        f"{dice.randint(20, 2000) / 100:.2f}",
                        f"bench-{person}" if known else "",
                        COUNTRIES[person % len(COUNTRIES)],
                    ]
                )


def _timed(work: Any, path: Path) -> float:
    _clear()
    began = time.perf_counter()
    work(path)
    spent = time.perf_counter() - began
    _clear()
    return spent


def _import(path: Path) -> None:
    batch = intake.take(intake.blocks_of(path), path.name, "purchases", options={})
    intake.understand(batch)
    intake.queue(batch)
    assert running.run(batch.pk)
    batch.refresh_from_db()
    assert batch.counts["created"] == batch.total_rows, batch.counts
    staging.source(batch).unlink()
    ImportBatch.objects.filter(pk=batch.pk).delete()


@transaction.atomic
def _bare(path: Path) -> None:
    """Read and write, nothing else: no header, no types, no doubles, no problems."""
    people: dict[str, int] = {}
    products: dict[str, int] = {}
    orders: dict[str, int] = {}
    named: dict[str, str] = {}
    purchases: dict[str, dict[str, Any]] = {}
    lines: list[tuple[Any, ...]] = []
    bases = [bulk.next_id(model) for model in (Customer, Product, Purchase)]
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        next(rows)
        for order, sku, name, quantity, at, price, person, _country in rows:
            if person:
                people.setdefault(person, bases[0] + len(people))
            product = products.setdefault(sku, bases[1] + len(products))
            named[sku] = name
            number = orders.setdefault(order, bases[2] + len(orders))
            amount = round(int(quantity) * float(price), 2)
            lines.append((number, product, quantity, price, amount, str(len(lines)), 1))
            if order not in purchases:
                purchases[order] = {
                    "id": number,
                    "key": f"order:{order}",
                    "number": order,
                    "customer_id": people.get(person),
                    "bought_at": at,
                    "charged": 0.0,
                }
            purchases[order]["charged"] += amount
    bulk.write_full(
        Customer,
        [
            {"id": pk, "public_id": f"b{pk:x}", "external_id": key, "custom": "{}"}
            for key, pk in people.items()
        ],
    )
    bulk.write_full(Product, [{"id": pk, "sku": sku, "name": named[sku]} for sku, pk in products.items()])
    bulk.write_full(Purchase, list(purchases.values()))
    columns = ["purchase_id", "product_id", "quantity", "price", "amount", "fingerprint", "occurrence"]
    bulk.write(PurchaseLine, columns, lines)


def _clear() -> None:
    """Both begin in empty tables; the database was made for this benchmark alone."""
    for model in (
        JournalEntry,
        Journal,
        PurchaseLine,
        Refund,
        Purchase,
        Product,
        CustomerTag,
        Consent,
        Customer,
    ):
        model._default_manager.all()._raw_delete("default")
