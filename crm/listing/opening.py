"""The page on which the list of customers opens: found the way that reads least."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from crm import bulk
from crm.customer_list import MANY, Filters, count_capped, with_columns
from crm.listing import walking
from crm.listing.columns import Column
from crm.listing.gathering import gathered
from crm.models import Customer, CustomerQuerySet
from crm.paging import Page, ordered_from, page_from, page_of

FEW = MANY  # Who are sorted by themselves instead of being met along an index.
SIZE = 50  # Customers on a page.


def opened(
    filters: Filters, columns: Sequence[Column], *, among: CustomerQuerySet, after: str, before: str
) -> tuple[Page[Customer], int]:
    """One page and how many match. A search that finds few looks through everybody once, not for each."""
    with walking.here_and_there():
        return _Wanted(filters, columns, among, after, before).found()


@dataclass(frozen=True, slots=True)
class _Wanted:
    """What is asked for: whom, with which columns, and beyond which mark."""

    filters: Filters
    columns: Sequence[Column]
    among: CustomerQuerySet
    after: str
    before: str

    def found(self) -> tuple[Page[Customer], int]:
        walks = self.filters.beside()
        if not self.filters.q:
            page = self.nearby() if walks else self.met()
            return page, count_capped(self.filters, page, among=self.among)
        keys, count = self.gathered()
        if count <= FEW:
            return self.loaded(keys), count
        if walks or (walking.gathers() and self.filters.sort in ("", "-name")):
            return self.nearby(), count
        return self.met(gather=True), count

    def gathered(self) -> tuple[list[int], int]:
        """The numbers of the next who match and how many do; what other tables keep of each is read late."""
        path = self.filters.beside()
        narrowed = self.filters.apply(self.among)
        matching, order = self.filters.ordered(narrowed)
        everybody = self.filters.ordered(Customer.objects.all())[0]
        late = path and not walking.asked_already(narrowed, path)
        marks = self.after, self.before
        return gathered(narrowed if late else matching, everybody, order, marks=marks, most=MANY, size=SIZE)

    def loaded(self, keys: Sequence[int]) -> Page[Customer]:
        """The page of customers whose numbers stand in order already."""
        ordered, order = self.filters.ordered(with_columns(self.among.order_by(), self.columns))
        known = ordered.in_bulk(keys)
        return self.page([known[key] for key in keys if key in known], order)

    def nearby(self) -> Page[Customer]:
        """A page of many: the next few thousand in order hold it, or else all who match are sorted."""
        everybody, order = self.filters.ordered(self.among)
        rows: list[Customer] = []
        seen = 0
        for part in walking.nearest(self.filters.beside(), order, everybody, **self.marks()):
            some = self.filters.apply(self.among.filter(pk__in=bulk.numbers(part)))
            ordered = self.filters.ordered(with_columns(some, self.columns))[0]
            beyond = ordered_from(ordered, order, gather=walking.gathers(), **self.marks())
            rows += beyond[: SIZE + 1 - len(rows)]
            if len(rows) > SIZE:
                return self.page(rows, order)
            seen += len(part)
            if 2 * len(rows) * walking.reach(self.filters.beside()) < SIZE * seen:
                break  # At this rate not even half a page: those who match stand elsewhere.
        return self.met(gather=True)

    def met(self, *, gather: bool = False) -> Page[Customer]:
        """The page met along an index; or by sorting all who match."""
        matching = self.filters.apply(self.among)
        ordered, order = self.filters.ordered(with_columns(matching, self.columns))
        gather = gather and walking.gathers()
        return page_of(ordered, order, size=SIZE, gather=gather, **self.marks())

    def page(self, rows: list[Customer], order: Sequence[str]) -> Page[Customer]:
        return page_from(rows, order, size=SIZE, **self.marks())

    def marks(self) -> dict[str, Any]:
        return {"after": self.after, "before": self.before}
