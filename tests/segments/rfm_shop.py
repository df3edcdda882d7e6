"""A small shop with buyers in every RFM group."""

from __future__ import annotations

import json
from datetime import timedelta
from io import StringIO

from django.core.management import call_command
from django.utils import timezone

from segments.models import RfmChoice
from tests.people import make_customer, make_purchase


def answer_of(*arguments: str) -> dict:
    out = StringIO()
    call_command(*arguments, "--json", stdout=out)
    return json.loads(out.getvalue())


def ago(days: int):
    return timezone.now() - timedelta(days=days)


def shop_of(count: int = 12):
    """Buyer n bought n // 3 + 1 times for 10 n, the last time 5 n days ago."""
    people = []
    for n in range(1, count + 1):
        customer = make_customer(last_name=f"Buyer {n:02}")
        for _ in range(1 + n // 3):
            make_purchase(customer, 10 * n, at=ago(5 * n))
        people.append(customer)
    return people


def choose(**fields) -> RfmChoice:
    return RfmChoice.objects.update_or_create(pk=1, defaults=fields)[0]
