"""The key numbers of some customers, straight from their purchases: right at once, before any refresh."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from django.db.models import Count, Max, Min, Q, Sum

from crm.models import Purchase, Refund
from crm.models.purchase import counting


@dataclass(frozen=True, slots=True)
class Figures:
    """Orders that still count, money net of refunds, first and last purchase."""

    orders: int = 0
    revenue: Decimal = Decimal(0)
    refunds: Decimal = Decimal(0)
    first_at: datetime | None = None
    last_at: datetime | None = None

    @property
    def average_order(self) -> Decimal | None:
        return self.revenue / self.orders if self.orders else None


def figures_of(customer_ids: Iterable[int]) -> dict[int, Figures]:
    """Two queries, however many customers; meant for one page of them."""
    ids = list(customer_ids)
    bought = (
        Purchase.objects.filter(customer__in=ids)
        .values("customer_id")
        .annotate(
            orders=Count("pk", filter=counting()),
            total=Sum("charged", filter=Q(status=Purchase.Status.COMPLETED), default=Decimal(0)),
            first_at=Min("bought_at", filter=counting()),
            last_at=Max("bought_at", filter=counting()),
        )
    )
    refunds = dict(
        Refund.objects.filter(customer__in=ids)
        .exclude(purchase__status=Purchase.Status.CANCELLED)  # Went in and out, and is no loss.
        .values_list("customer_id")
        .annotate(sum=Sum("amount"))
    )
    found = {
        row["customer_id"]: (row["orders"], row["total"], row["first_at"], row["last_at"]) for row in bought
    }
    return {pk: _figures(found.get(pk), refunds.get(pk) or Decimal(0)) for pk in ids}


def _figures(
    bought: tuple[int, Decimal, datetime | None, datetime | None] | None, refunds: Decimal
) -> Figures:
    orders, charged, first_at, last_at = bought or (0, Decimal(0), None, None)
    return Figures(orders, charged - refunds, refunds, first_at, last_at)
