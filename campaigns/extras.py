"""What a mail says about one person beyond their card: products that could suit them, and their segments.

Asked only when a text names it, and then for many people at once.
"""

from __future__ import annotations

from collections import defaultdict
from typing import Any

from django.utils import timezone
from django.utils.translation import gettext as _

from campaigns import links
from crm.models import Mailing, Message
from segments.models import Membership
from segments.recommending.suggesting import for_customers

PRODUCTS, SEGMENTS = "recommended_products", "customer.segments"
AT_ONCE = 300
MOST = 4
NOTHING: dict[str, Any] = {PRODUCTS: [], SEGMENTS: []}


class Extras:
    """Looked up for the next few hundred messages of a mailing whenever one is not known yet."""

    def __init__(self, wanted: set[str], mailing: Mailing | None = None) -> None:
        self.wanted, self.mailing = wanted & {PRODUCTS, SEGMENTS}, mailing
        self.known: dict[int, dict[str, Any]] = {}

    def of(self, customer_id: int, message_id: int = 0) -> dict[str, Any]:
        if not self.wanted:
            return NOTHING
        if customer_id not in self.known:
            self.known = self._meet([customer_id, *self._next(message_id)])
        return self.known[customer_id]

    def _next(self, message_id: int) -> list[int]:
        if self.mailing is None or not message_id:
            return []
        waiting = Message.objects.filter(mailing=self.mailing, state=Message.State.QUEUED, pk__gt=message_id)
        found = waiting.order_by("pk").values_list("customer_id", flat=True)[:AT_ONCE]
        return [pk for pk in found if pk is not None]

    def _meet(self, ids: list[int]) -> dict[int, dict[str, Any]]:
        ids = list(dict.fromkeys(ids))
        products = dict(_products(ids)) if PRODUCTS in self.wanted else {}
        segments = _segments(ids) if SEGMENTS in self.wanted else {}
        return {pk: {PRODUCTS: products.get(pk, []), SEGMENTS: segments.get(pk, [])} for pk in ids}


def _products(ids: list[int]) -> Any:
    for pk, found in for_customers([pk for pk in ids if pk], MOST, now=timezone.now()):
        yield pk, [_told(one.product.name, one.product.price, one.product.category) for one in found]
    if 0 in ids:  # The invented customer of a preview.
        yield 0, [_told(_("A product"), 12.5, ""), _told(_("Another product"), 24, "")]


def _told(name: str, price: Any, category: str) -> dict[str, Any]:
    return {"name": links.unmarked(name), "price": price, "category": links.unmarked(category)}


def _segments(ids: list[int]) -> dict[int, list[str]]:
    found: defaultdict[int, list[str]] = defaultdict(list)
    stays = Membership.objects.filter(customer__in=ids, left_at=None)
    for pk, slug in stays.order_by("segment").values_list("customer", "segment__slug"):
        found[pk].append(slug)
    return found
