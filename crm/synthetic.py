"""Invented customers and purchases in any number, for benchmarks and load tests.

Few customers buy much and many buy little (a gamma-distributed taste for buying), each has a lifetime in
the last three years, an order has about 3.5 lines, popular products sell most. A seed always gives the same.
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
from django.db import transaction

from crm import bulk
from crm.models import Customer, Product, Purchase, PurchaseLine
from crm.models.customer import searchable

CATEGORIES: tuple[str, ...] = (
    "Tea",
    "Coffee",
    "Cups",
    "Kettles",
    "Gifts",
    "Books",
    "Sweets",
    "Spices",
    "Honey",
    "Linen",
)
CATEGORIES += ("Candles", "Garden")
CHANNELS = ("shop", "web", "market")
PRODUCTS = 500
LINES_PER_ORDER = 3.5
DAYS = 1095
CHUNK = 50_000
FIRST = ("Ada", "Ben", "Clara", "David", "Elena", "Farid", "Grace", "Hugo", "Ines", "Jonas", "明", "芳", "伟")
LAST = ("Archer", "Brook", "Castle", "Dale", "Ellis", "Field", "Grove", "Hill", "Ito", "Jansen", "王", "李")
PLACES: tuple[tuple[str, str, str], ...] = (
    ("United Kingdom", "Leeds", "en"),
    ("Germany", "Kiel", "de"),
    ("China", "Ningbo", "zh-hans"),
)
PLACES += (("United States", "Portland", "en"), ("France", "Nantes", "fr"), ("Ireland", "Cork", "en"))

CUSTOMER_COLUMNS = ["id", "public_id", "external_id", "email", "phone", "first_name", "last_name", "country"]
CUSTOMER_COLUMNS += ["city", "gender", "language", "source", "created_on", "email_consent", "custom"]
CUSTOMER_COLUMNS += ["search_text", "is_demo", "added_at"]
PURCHASE_COLUMNS = ["id", "key", "number", "customer_id", "bought_at", "charged", "refunded", "discount"]
PURCHASE_COLUMNS += ["shipping", "tax", "currency", "channel", "coupon", "status"]
LINE_COLUMNS = ["purchase_id", "product_id", "quantity", "price", "amount", "fingerprint", "occurrence"]


@dataclass(frozen=True, slots=True)
class Places:
    """The first free numbers of the tables to fill."""

    customer: int
    product: int
    purchase: int


@transaction.atomic
def fill(*, customers: int, lines: int, seed: int, today: date) -> dict[str, int]:
    """Add `customers` people and about `lines / 3.5` orders that hold exactly `lines` purchase lines."""
    rng = np.random.default_rng(seed)
    at = Places(*(bulk.next_id(model) for model in (Customer, Product, Purchase)))
    end = np.datetime64(today) - np.timedelta64(1, "D")
    joined = rng.integers(0, DAYS, customers) if customers else np.zeros(0, int)
    bulk.write(Customer, CUSTOMER_COLUMNS, _customers(rng, at.customer, end - joined))
    prices = _products(rng, at.product)
    orders = 0
    if customers:
        stay = np.minimum(joined, rng.exponential(400, customers)).astype(int) + 1
        taste = rng.gamma(0.55, 1.0, customers) + 1e-9
        chance = np.cumsum(taste / taste.sum())
        left = lines
        while left > 0:
            left, made = _orders(rng, at, orders, left, (chance, joined, stay, prices, end))
            orders += made
    bulk.follow(Customer, Product, Purchase, PurchaseLine)
    return {"customers": customers, "purchases": lines, "orders": orders}


def _customers(rng: np.random.Generator, start: int, joined: Any) -> Iterator[tuple[Any, ...]]:
    count = len(joined)
    names = rng.integers(0, len(FIRST), count), rng.integers(0, len(LAST), count)
    places, luck = rng.integers(0, len(PLACES), count), rng.random(count)
    tag = rng.integers(0, 2**31)
    for n in range(count):
        number = start + n
        first, last = FIRST[names[0][n]], LAST[names[1][n]]
        country, city, language = PLACES[places[n]]
        email, external = f"person{number}@example.org", f"S{number}"
        consent = "granted" if luck[n] < 0.7 else "withdrawn" if luck[n] > 0.95 else "unknown"
        custom = json.dumps({"size": int(luck[n] * 5)})
        day = str(joined[n])
        yield (
            *(number, f"{tag:05x}"[:4] + f"{number:08x}", external, email, "", first, last, country, city),
            *(
                ("female", "male", "")[n % 3],
                language,
                ("shop", "web", "market")[n % 3],
                day,
                consent,
                custom,
            ),
            *(searchable(first, last, email, "", external), False, f"{day} 09:00:00"),
        )


def _products(rng: np.random.Generator, start: int) -> Any:
    prices = np.round(rng.lognormal(2.3, 0.7, PRODUCTS), 2)
    rows = (
        (
            start + n,
            f"SYN-{start + n}",
            f"{CATEGORIES[n % 12]} no. {n}",
            CATEGORIES[n % 12],
            float(prices[n]),
            False,
        )
        for n in range(PRODUCTS)
    )
    bulk.write(Product, ["id", "sku", "name", "category", "price", "is_demo"], rows)
    return prices


def _orders(
    rng: np.random.Generator, at: Places, before: int, left: int, world: tuple[Any, ...]
) -> tuple[int, int]:
    """Write up to CHUNK orders; returns the lines still missing and the orders written."""
    chance, joined, stay, prices, end = world
    sizes = 1 + rng.poisson(LINES_PER_ORDER - 1, min(CHUNK, left))
    stop = int(np.searchsorted(np.cumsum(sizes), left)) + 1
    sizes = sizes[:stop]
    sizes[-1] -= max(0, int(sizes.sum()) - left)
    total = int(sizes.sum())
    buyer = np.searchsorted(chance, rng.random(len(sizes))).clip(max=len(chance) - 1)
    days_ago = joined[buyer] - (rng.random(len(sizes)) * stay[buyer]).astype(int)
    seconds = rng.integers(8 * 3600, 20 * 3600, len(sizes))
    moments = (end - days_ago).astype("datetime64[s]") + seconds.astype("timedelta64[s]")
    product = (PRODUCTS * rng.random(total) ** 2.2).astype(int)
    quantity = rng.geometric(0.6, total)
    amount = np.round(prices[product] * quantity, 2)
    order = np.repeat(np.arange(len(sizes)), sizes)
    charged = np.round(np.bincount(order, amount), 2)
    first = at.purchase + before
    texts = np.char.replace(moments.astype(str), "T", " ")
    bulk.write(Purchase, PURCHASE_COLUMNS, _purchase_rows(first, at.customer + buyer, texts, charged))
    columns = (first + order, at.product + product, quantity, prices[product], amount)
    bulk.write(PurchaseLine, LINE_COLUMNS, _line_rows(*(column.tolist() for column in columns)))
    return left - total, len(sizes)


def _purchase_rows(first: int, buyer: Any, moments: Any, charged: Any) -> Iterator[tuple[Any, ...]]:
    rows = zip(buyer.tolist(), moments.tolist(), charged.tolist(), strict=True)
    for number, (customer, moment, total) in enumerate(rows, first):
        key = f"order:SYN{number}"
        named = (number, key, f"SYN{number}", customer, moment, total)
        yield (*named, 0, 0, 0, 0, "", CHANNELS[number % 3], "", "completed")


def _line_rows(*columns: list[Any]) -> Iterator[tuple[Any, ...]]:
    for n, row in enumerate(zip(*columns, strict=True)):
        yield (*row, f"{n:032x}", 1)
