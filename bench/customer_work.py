"""The list at work: three filters and a search, a customer with a long history, a file of everybody."""

from __future__ import annotations

import tracemalloc
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

from django.db import connection
from django.test import Client
from django.utils import timezone

from bench.pages import _milliseconds
from crm import exporting
from crm.listing.catalogue import Catalogue
from crm.listing.columns import STANDARD
from crm.models import Customer, Interaction, User

ROUNDS = 20
ENTRIES = 5000
LIST_LIMITS = {"small": 200, "large": 300}
PAGE_LIMIT = 200
GROWTH = 1.2
QUERIES = (  # Three filters and a search each; the list as one sorts it, and words of two signs.
    "country=Germany&consent=reachable&revenue=100..&q=grove",
    "has_email=yes&bought=yes&orders=2..&q=ada",
    "country=China&last_bought=%3C365d&language=zh-hans&q=王",
    "source=shop&has_phone=no&created=%3C700d&q=person7&sort=-revenue",
    "country=China&bought=yes&orders=2..&q=王伟",
    "bought=yes&country=Germany&orders=2..&q=grove&sort=-revenue",
)


def figures(size: str) -> Iterator[dict[str, Any]]:
    _settle()
    client = Client(SERVER_NAME="127.0.0.1")
    owner = User.objects.create_user("work@example.com", "bench", role=User.Role.OWNER)
    client.force_login(owner, backend="django.contrib.auth.backends.ModelBackend")
    times = [_p95(client, f"/customers/?{query}") for query in QUERIES]
    yield _figure("list_three_filters_and_search", max(times), LIST_LIMITS[size])
    yield _figure("palette", _p95(client, "/find/?q=grove"), LIST_LIMITS[size])
    yield _figure("customer_with_5000_entries", _p95(client, _long_history()), PAGE_LIMIT)
    few, many = _export_peak(10_000), _export_peak(100_000)
    yield {"name": "export_memory_growth", "value": round(many / few, 3), "unit": "×", "limit": GROWTH}


def _figure(name: str, value: float, limit: int) -> dict[str, Any]:
    return {"name": name, "value": round(value), "unit": "ms", "limit": limit}


def _settle() -> None:
    """What PostgreSQL does by itself within minutes after many rows came, at once: figures do not wait."""
    if connection.vendor == "postgresql":
        with connection.cursor() as cursor:
            for table in ("crm_customer", "crm_purchase", "segments_customerfeatures"):
                cursor.execute(f"VACUUM (ANALYZE) {table}")


def _p95(client: Client, address: str) -> float:
    _milliseconds(client, address)
    return sorted(_milliseconds(client, address) for _ in range(ROUNDS))[int(ROUNDS * 0.95) - 1]


def _long_history() -> str:
    person = Customer.objects.order_by("id")[0]
    now = timezone.now()
    Interaction.objects.bulk_create(
        [
            Interaction(
                customer=person,
                kind="view",
                at=now - timedelta(hours=n),
                source="bench",
                key=str(n),
                title="Page",
            )
            for n in range(ENTRIES)
        ],
        batch_size=1000,
    )
    return person.get_absolute_url()


def _export_peak(count: int) -> int:
    """The most bytes that Python held while the file of `count` customers went out."""
    last = list(Customer.objects.order_by("pk").values_list("pk", flat=True)[:count])[-1]
    people = Customer.objects.filter(pk__lte=last)
    columns = Catalogue().chosen(STANDARD)
    tracemalloc.start()
    parts = exporting.csv_parts(
        exporting.customers(people, columns, masked=False), [str(one.label) for one in columns]
    )
    for _part in parts:
        pass
    peak = tracemalloc.get_traced_memory()[1]
    tracemalloc.stop()
    return peak
