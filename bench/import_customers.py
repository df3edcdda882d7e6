"""How fast 100,000 customers come in, new and again with changes, beside writing the same rows bare."""

from __future__ import annotations

import csv
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import transaction

from crm import bulk
from crm.imports import intake, running, staging
from crm.models import Consent, Customer, CustomerTag, ImportBatch, Suppression, Tag

ROWS = 100_000
HEADER = [
    "Customer ID",
    "First Name",
    "Last Name",
    "Email",
    "Phone",
    "City",
    "Country",
    "Created",
    "Accepts Marketing",
]
CITIES = ["London", "Paris", "Berlin", "上海", "Madrid"]
COUNTRIES = ["United Kingdom", "France", "Germany", "中国", "Spain"]


def figures(size: str) -> Iterator[dict[str, Any]]:
    """`import_customers` and `update_customers`, in a database made for it: seconds and the raw load's."""
    with tempfile.TemporaryDirectory() as folder:
        fresh, changed, few = (Path(folder, name) for name in ("fresh.csv", "changed.csv", "few.csv"))
        write_file(fresh)
        write_file(changed, moved=True)
        write_file(few, rows=100)
        _clear()
        _import(few, "created")  # Loads what is loaded once per process.
        _clear()
        created = _timed(_import, fresh, "created")
        updated = _timed(_import, changed, "updated")
        _clear()
        bare = _timed(_bare, fresh)
        _clear()
    for name, ours in (("import_customers", created), ("update_customers", updated)):
        yield {"name": name, "value": ours, "unit": "s", "limit": bare, "ratio": ours / bare}


def write_file(path: Path, rows: int = ROWS, *, moved: bool = False) -> None:
    """A shop's list; `moved` has everybody in another city."""
    with path.open("w", newline="", encoding="utf-8") as file:
        writer = csv.writer(file)
        writer.writerow(HEADER)
        for n in range(rows):
            place = n % len(CITIES)
            writer.writerow(
                [
                    f"bench-{n}",
                    f"First{n % 997}",
                    f"Last{n % 4999}",
                    f"person{n}@example.com",
                    f"+4479{n:08d}",
                    CITIES[(place + moved) % len(CITIES)],
                    COUNTRIES[place],
                    f"{2015 + n % 10}-{1 + n % 12:02d}-{1 + n % 28:02d}",
                    "yes" if n % 3 else "no",
                ]
            )


def _timed(work: Any, *args: Any) -> float:
    began = time.perf_counter()
    work(*args)
    return time.perf_counter() - began


def _import(path: Path, outcome: str) -> None:
    batch = intake.take(intake.blocks_of(path), path.name, "customers", options={})
    intake.understand(batch)
    intake.queue(batch)
    assert running.run(batch.pk)
    batch.refresh_from_db()
    assert batch.counts[outcome] == batch.total_rows, batch.counts
    staging.source(batch).unlink()
    ImportBatch.objects.filter(pk=batch.pk).delete()


@transaction.atomic
def _bare(path: Path) -> None:
    """Read and write, nothing else: no header, no types, no doubles, no problems."""
    with path.open(newline="", encoding="utf-8") as file:
        rows = csv.reader(file)
        next(rows)
        people = [
            {
                "public_id": f"b{n:x}",
                "external_id": number,
                "first_name": first,
                "last_name": last,
                "email": email,
                "phone": phone,
                "city": city,
                "country": country,
                "created_on": since,
                "email_consent": "granted" if agreed == "yes" else "unknown",
                "custom": "{}",
            }
            for n, (number, first, last, email, phone, city, country, since, agreed) in enumerate(rows)
        ]
    bulk.write_full(Customer, people)


def _clear() -> None:
    """Each begins in empty tables; the database was made for this benchmark alone."""
    for model in (CustomerTag, Tag, Consent, Suppression, Customer):
        model._default_manager.all()._raw_delete("default")
