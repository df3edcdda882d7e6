"""What could suit customers, with the reason, from stored resemblances: for one page or a whole mailing."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from itertools import batched
from typing import TYPE_CHECKING

import numpy as np
from django.db.models import Count, Max, Min
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import bulk
from crm.models import Product, PurchaseLine
from crm.models.purchase import counting
from segments.models import Membership, ProductAffinity, ProductReach, ScoringRun, SegmentFavourite
from segments.numerics import recommend
from segments.numerics.late import late

if TYPE_CHECKING:
    from scipy import sparse
else:
    sparse = late("scipy.sparse")

LIMIT = 5
AT_ONCE = 5000
POPULAR = 300  # Best-sellers looked at for everybody.
DAY = 86_400


class Reason(StrEnum):
    BECAUSE = "because"  # Who bought that one bought this one.
    AGAIN = "again"  # They use it up, and it is time.
    SEGMENT = "segment"
    POPULAR = "popular"


@dataclass(frozen=True, slots=True)
class Suggestion:
    """A product with its reason; `of` is the product or segment behind it, `days` since they bought it."""

    product: Product
    score: float
    reason: Reason
    of: str = ""
    days: int = 0

    @property
    def because(self) -> str:
        """The reason in plain words."""
        match self.reason:
            case Reason.BECAUSE:
                return _("because they bought %(product)s") % {"product": self.of}
            case Reason.AGAIN:
                text = ngettext(
                    "bought %(days)d day ago and probably used up by now",
                    "bought %(days)d days ago and probably used up by now",
                    self.days,
                )
                return text % {"days": self.days}
            case Reason.SEGMENT:
                return _("popular in “%(segment)s”") % {"segment": self.of}
            case Reason.POPULAR:
                return _("many customers buy it")


@dataclass(slots=True)
class Bought:
    """One product in somebody's history."""

    orders: int
    first_at: datetime
    last_at: datetime


type History = dict[int, dict[int, Bought]]
# Per customer (product, score, the product that speaks for it or 0).
type Ranked = dict[int, list[tuple[int, float, int]]]


def for_customers(
    ids: Iterable[int], limit: int = LIMIT, *, now: datetime
) -> Iterator[tuple[int, list[Suggestion]]]:
    """(customer, at most `limit` suggestions, best first) of each of these customers, in bulk.

    Never what is out of stock, no product, or bought already, except what is used up after its usual time.
    """
    shelf = Shelf(limit)
    for some in batched(ids, AT_ONCE):
        yield from shelf.suggest(some, now)


def for_customer(pk: int, limit: int = LIMIT, *, now: datetime) -> list[Suggestion]:
    return next(for_customers([pk], limit, now=now))[1]


class Shelf:
    """What may be suggested, read once for many customers."""

    def __init__(self, limit: int) -> None:
        self.limit = limit
        reach = ProductReach.objects.filter(product__is_in_stock=True).exclude(
            product__nature=Product.Nature.CHARGE
        )
        self.popular = dict(reach.order_by("-buyers", "pk").values_list("pk", "buyers")[:POPULAR])
        self.popularity = _popularity()
        self.favourites: dict[int, list[int]] = defaultdict(list)
        self.products: dict[int, Product] = {}

    def suggest(self, ids: Sequence[int], now: datetime) -> Iterator[tuple[int, list[Suggestion]]]:
        history = _history(ids)
        ranked = self._ranked(history)
        due = _due(history, now)
        groups = self._groups(ids)
        wanted = {one for rows in ranked.values() for one, _score, _of in rows}
        wanted |= {one for rows in due.values() for one, _score in rows} | set(self.popular)
        wanted |= {one for rows in self.favourites.values() for one in rows}
        wanted |= {of for rows in ranked.values() for _one, _score, of in rows}
        self._meet(wanted)
        for pk in ids:
            had = history.get(pk, {})
            found: dict[int, Suggestion] = {}
            for one, score in due.get(pk, [])[: (self.limit + 1) // 2]:
                days = (now - had[one].last_at).days
                self._add(found, one, score, Reason.AGAIN, days=days)
            for one, score, of in ranked.get(pk, []):
                reason, name = (Reason.BECAUSE, self.products[of].name) if of else (Reason.POPULAR, "")
                self._add(found, one, score, reason, of=name)
            segment, name = groups.get(pk, (0, ""))
            for reason, rows in ((Reason.SEGMENT, self.favourites[segment]), (Reason.POPULAR, self.popular)):
                for one in rows:
                    if one not in had:
                        self._add(found, one, 0.0, reason, of=name if reason == Reason.SEGMENT else "")
            yield pk, list(found.values())

    def _ranked(self, history: History) -> Ranked:
        """What resembles each history most, mixed with best-sellers as the last calculation found best."""
        if not history:
            return {}
        owned = sorted({product for bought in history.values() for product in bought})
        product, other, weight = _resembling(owned)
        keys = np.union1d(np.union1d(owned, other), list(self.popular)).astype(np.int64)
        resembling = sparse.csr_matrix(
            (weight, (np.searchsorted(keys, product), np.searchsorted(keys, other))), shape=(len(keys),) * 2
        )
        people = list(history)
        lines = [(row, one) for row, pk in enumerate(people) for one in history[pk]]
        who, what = (np.array(column, dtype=np.int64) for column in zip(*lines, strict=True))
        found = recommend.recommend(
            recommend.bought(who, np.searchsorted(keys, what), (len(people), len(keys))),
            resembling,
            self._buyers(keys, other),
            limit=self.limit,
            popularity=self.popularity,
        )
        return {
            pk: [
                (int(keys[one]), float(score), int(keys[of]) if of >= 0 else 0)
                for one, score, of in zip(
                    found.items[row], found.scores[row], found.because[row], strict=True
                )
                if of >= 0 or (self.popularity and one >= 0)
            ]
            for row, pk in enumerate(people)
        }

    def _buyers(self, keys: recommend.Ints, other: recommend.Ints) -> recommend.Floats:
        """Of each product how many bought it; nought where it may not be suggested."""
        rows = ProductReach.objects.filter(pk__in=bulk.numbers(np.unique(other).tolist()))
        buyers = {**dict(rows.values_list("pk", "buyers")), **self.popular}
        return np.array([buyers.get(key, 0) for key in keys.tolist()], dtype=np.float64)

    def _add(
        self, found: dict[int, Suggestion], pk: int, score: float, reason: Reason, **more: object
    ) -> None:
        product = self.products.get(pk)
        if len(found) < self.limit and pk not in found and product is not None and _may(product):
            found[pk] = Suggestion(product, score, reason, **more)  # type: ignore[arg-type]

    def _meet(self, wanted: set[int]) -> None:
        missing = wanted - self.products.keys()
        rows = Product.objects.filter(pk__in=bulk.numbers(sorted(missing))) if missing else []
        self.products.update({product.pk: product for product in rows})

    def _groups(self, ids: Sequence[int]) -> dict[int, tuple[int, str]]:
        """The smallest segment with favourites of each customer: the one that says most of them."""
        if not self.favourites:
            rows = SegmentFavourite.objects.order_by("segment_id", "-buyers", "product_id")
            for segment, product in rows.values_list("segment_id", "product_id"):
                self.favourites[segment].append(product)
        stays = Membership.objects.filter(
            customer_id__in=bulk.numbers(ids), left_at=None, segment_id__in=list(self.favourites)
        ).order_by("-segment__member_count", "segment_id")
        rows_of = stays.values_list("customer_id", "segment_id", "segment__name")
        return {customer: (segment, name) for customer, segment, name in rows_of}


def _may(product: Product) -> bool:
    return product.is_in_stock and product.nature != Product.Nature.CHARGE


def _history(ids: Sequence[int]) -> History:
    lines = PurchaseLine.objects.filter(
        counting("purchase__"),
        purchase__customer_id__in=bulk.numbers(ids),
        product__isnull=False,
        quantity__gt=0,
    ).order_by()
    rows = lines.values_list("purchase__customer_id", "product_id").annotate(
        Count("purchase_id", distinct=True), Min("purchase__bought_at"), Max("purchase__bought_at")
    )
    found: History = defaultdict(dict)
    for customer, product, orders, first_at, last_at in rows:
        found[customer][product] = Bought(orders, first_at, last_at)
    return found


def _popularity() -> float:
    """The share that the last calculation chose; none with one from before there was a choice."""
    runs = ScoringRun.objects.filter(kind=ScoringRun.Kind.RECOMMEND, state=ScoringRun.State.DONE)
    return runs.values_list("result__trial__popularity", flat=True).first() or 0.0


def _resembling(owned: Sequence[int]) -> tuple[recommend.Ints, recommend.Ints, recommend.Floats]:
    """The stored resemblances of these products with what is in stock: product, other, weight."""
    rows = ProductAffinity.objects.filter(
        product_id__in=bulk.numbers(owned), other__is_in_stock=True
    ).exclude(other__nature=Product.Nature.CHARGE)
    table = np.array(list(rows.values_list("product_id", "other_id", "weight")), dtype=np.float64)
    product, other, weight = table.reshape(-1, 3).T
    return product.astype(np.int64), other.astype(np.int64), weight


def _due(history: History, now: datetime) -> dict[int, list[tuple[int, float]]]:
    """What each customer uses up and last bought longer ago than usual; score: who comes back for it.

    Usual is their own mean gap from three orders on, else the product's.
    """
    owned = sorted({product for bought in history.values() for product in bought})
    rows = ProductReach.objects.filter(
        product_id__in=bulk.numbers(owned), product__nature=Product.Nature.AGAIN, product__is_in_stock=True
    ).values_list("product_id", "buyers", "again", "gap_days")
    reach = {pk: (again / max(buyers, 1), gap) for pk, buyers, again, gap in rows}
    found: dict[int, list[tuple[int, float]]] = {}
    for customer, bought in history.items():
        due = [
            (product, reach[product][0])
            for product, one in bought.items()
            if product in reach and _is_due(one, reach[product][1], now)
        ]
        if due:
            found[customer] = sorted(due, key=lambda pair: (-pair[1], pair[0]))
    return found


def _is_due(one: Bought, usual: float | None, now: datetime) -> bool:
    if one.orders > 2:
        usual = (one.last_at - one.first_at).total_seconds() / DAY / (one.orders - 1)
    return usual is not None and (now - one.last_at).total_seconds() / DAY >= usual
