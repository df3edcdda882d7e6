"""Seconds until a thousand purchases are in features, scores and segments, in a shop that is up to date."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from time import perf_counter
from typing import Any

import numpy as np
from django.utils import timezone

from bench import segments
from crm import bulk
from crm.models import Customer, Product, Purchase, PurchaseLine
from segments import refresh
from segments.following import follower
from segments.models import Segment, Touched

PURCHASES = 1_000
ROUNDS = 3
SECONDS = {"small": 1, "large": 3}


def figures(size: str) -> Iterator[dict[str, Any]]:
    if not Segment.objects.exists():
        segments.make()
    if Touched.objects.count() > PURCHASES:  # All that the shop was made of.
        refresh.run(None)
    times = [_seconds(np.random.default_rng(turn)) for turn in range(ROUNDS)]
    yield {"name": "incremental", "value": round(sorted(times)[1], 3), "unit": "s", "limit": SECONDS[size]}


def _seconds(rng: np.random.Generator) -> float:
    _sell(rng)
    began = perf_counter()
    touched = follower.follow()
    seconds = perf_counter() - began
    assert touched > PURCHASES * 0.9, touched
    assert not Touched.objects.exists()
    return seconds


def _sell(rng: np.random.Generator) -> None:
    """One line each, just now, to anybody."""
    first, line = bulk.next_id(Purchase), bulk.next_id(PurchaseLine)
    buyers = rng.integers(1, Customer.objects.order_by("-pk").values_list("pk", flat=True)[0] + 1, PURCHASES)
    product, at = Product.objects.earliest("pk").pk, timezone.now() - timedelta(minutes=1)
    sold = range(first, first + PURCHASES)
    Purchase.objects.bulk_create(
        Purchase(pk=pk, key=f"bench:{pk}", customer_id=int(who), bought_at=at, charged=20)
        for pk, who in zip(sold, buyers, strict=True)
    )
    PurchaseLine.objects.bulk_create(
        PurchaseLine(pk=line + place, purchase_id=pk, product_id=product, amount=20, fingerprint=f"{pk}")
        for place, pk in enumerate(sold)
    )
    bulk.follow(Purchase, PurchaseLine)
