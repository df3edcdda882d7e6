"""Purchases → flat arrays of lines: who bought what in which order and when."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt
from django.db import connection
from django.db.models import Model
from django.utils import timezone

from crm import charges
from crm.models import Business, Product, Purchase, PurchaseLine, Refund
from segments import arrays
from segments.numerics.pairs import Ints
from segments.recommending import basket_file

CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Lines:
    """One entry per product of an order; keys of rows, `customers` 0 where unknown, `moments` in seconds."""

    orders: Ints
    customers: Ints
    products: Ints
    moments: Ints

    def known(self) -> Lines:
        """Only those of known customers."""
        return self.where(self.customers > 0)

    def where(self, kept: npt.NDArray[np.bool_]) -> Lines:
        return Lines(self.orders[kept], self.customers[kept], self.products[kept], self.moments[kept])


def read() -> Lines:
    """Products of every order that counts, each once per order.

    Cancelled and fully refunded orders, lines given back, and charges such as postage are left out. Where a
    file named no orders, what somebody bought on a day is one.
    """
    with connection.cursor() as cursor:
        cursor.execute(_statement())
        parts = []
        while rows := cursor.fetchmany(CHUNK):
            parts.append(np.array(rows, dtype=np.int64))
    table = np.concatenate(parts) if parts else np.empty((0, 5), dtype=np.int64)
    left_out = np.fromiter(charges.numbers(), dtype=np.int64)
    table = _together(table[~np.isin(table[:, 2], left_out)])
    return Lines(*(np.ascontiguousarray(column) for column in table.T[:4]))


def _together(table: Ints) -> Ints:
    """Rows (n × 5) of order, customer, product, second, and whether the file named no order: such rows of one
    customer and day get the same order, and each product stands in it once.
    """
    alone = np.flatnonzero(table[:, 4] * table[:, 1])
    if not len(alone):
        return table
    loose, now = table[alone], timezone.now()
    day = arrays.days_of(loose[:, 3], Business.current().zone, now)
    _days, which = np.unique(np.column_stack([loose[:, 1], day]), axis=0, return_inverse=True)
    first = np.full(which.max() + 1, np.iinfo(np.int64).max)
    np.minimum.at(first, which, loose[:, 0])
    table[alone, 0] = first[which]
    _same, once = np.unique(table[:, [0, 2]], axis=0, return_index=True)
    return table[np.sort(once)]


def named(lines: Lines) -> basket_file.Baskets:
    """The lines of all orders with the products' names, as a file of baskets would have them."""
    keys, codes = np.unique(lines.products, return_inverse=True)
    found = dict(Product.objects.values_list("pk", "name").iterator(chunk_size=5000))
    _orders, baskets = np.unique(lines.orders, return_inverse=True)
    return basket_file.Baskets(baskets, codes, [found[key] for key in keys.tolist()])


def _statement() -> str:
    """A line is left out if a refund linked to the order gave at least as many of the product back."""
    seconds = (
        "CAST(EXTRACT(EPOCH FROM p.bought_at) AS bigint)"
        if connection.vendor == "postgresql"
        else "CAST(strftime('%s', p.bought_at) AS integer)"
    )
    return f"""
SELECT DISTINCT p.id, COALESCE(p.customer_id, 0), l.product_id, {seconds},
    CASE WHEN p.key LIKE 'row:%' THEN 1 ELSE 0 END
FROM {_table(PurchaseLine)} l JOIN {_table(Purchase)} p ON p.id = l.purchase_id
WHERE p.status = 'completed' AND (p.refunded = 0 OR p.refunded < p.charged)
    AND l.product_id IS NOT NULL AND l.quantity > 0
    AND NOT EXISTS (
        SELECT 1 FROM {_table(Refund)} r
        WHERE r.purchase_id = p.id AND r.product_id = l.product_id AND r.quantity >= l.quantity
    )
"""


def _table(model: type[Model]) -> str:
    return connection.ops.quote_name(model._meta.db_table)
