"""The list of customers: what its address says, whom that means, and who stands beside whom."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import date
from typing import Any
from urllib.parse import urlencode

from django.db.models import F, Prefetch
from django.http import QueryDict
from django.utils.translation import gettext as _

from crm import masking
from crm.figures import Figures, figures_of
from crm.listing import walking
from crm.listing.catalogue import Catalogue
from crm.listing.columns import Cell, Column
from crm.listing.columns import Look as ColumnLook
from crm.listing.filters import Filter
from crm.models import Business, Customer, CustomerQuerySet, CustomerTag
from crm.paging import Page, mark_of, page_of

MANY = 10_000
OWN = "custom."
MOST_FILTERS = 20
BY_NAME = ("last_name", "first_name", "id")
OLD_SORTS = {"newest": "-created_on", "name": ""}


@dataclass(frozen=True, slots=True)
class Chip:
    """One filter in force: its words, and the query string without it."""

    key: str
    value: str
    words: str
    rest: str


@dataclass(frozen=True, slots=True)
class Heading:
    """The head of a column: the query string that sorts by it, and how it is sorted now."""

    column: Column
    sortable: bool = False
    query: str = ""
    direction: str = ""


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of the list, exactly as its address carries them; unknown ones are as if absent.

    `lost` names those that once meant something: of a field or segment that is gone.
    """

    q: str = ""
    chosen: tuple[tuple[str, str], ...] = ()
    sort: str = ""
    view: str = ""
    lost: tuple[str, ...] = ()
    catalogue: Catalogue = field(default_factory=Catalogue, compare=False, repr=False)
    today: date = field(default_factory=lambda: Business.current().today(), compare=False, repr=False)

    @classmethod
    def read(
        cls, query: Mapping[str, str] | str, *, catalogue: Catalogue | None = None, today: date | None = None
    ) -> Filters:
        given = QueryDict(query) if isinstance(query, str) else query
        empty = cls(catalogue=catalogue or Catalogue(), today=today or Business.current().today())
        pairs = [(key, value.strip()[:200]) for key, value in _pairs(given) if key in empty.offered]
        known = tuple(dict.fromkeys(pair for pair in pairs if empty.condition(*pair) is not None))
        sort = str(given.get("sort", ""))
        sort = OLD_SORTS.get(sort, sort)
        column = empty.sortable(sort.lstrip("-"))
        view = str(given.get("view", ""))
        return replace(
            empty,
            q="" if masking.active() else str(given.get("q", "")).strip()[:200],
            chosen=known[:MOST_FILTERS],
            sort=sort if column and sort != "name" else "",
            view=view if view == "all" or (view.isdecimal() and len(view) < 12) else "",
            lost=() if masking.active() else empty._lost(given, known),
        )

    def _lost(self, given: Mapping[str, str], known: Iterable[tuple[str, str]]) -> tuple[str, ...]:
        held = {key for key, _value in known}
        gone = [key for key, value in _pairs(given) if value.strip() and key not in held]
        offered = self.offered
        named = (
            str(offered[key].label) if key in offered else key.removeprefix(OWN)
            for key in gone
            if key in offered or key.startswith(OWN)
        )
        return tuple(dict.fromkeys(named))

    @property
    def offered(self) -> dict[str, Filter]:
        """The filters of this reader: who sees masked data could spell out a hidden name by asking."""
        return {
            key: one for key, one in self.catalogue.filters.items() if not (one.personal and masking.active())
        }

    def sortable(self, key: str) -> Column | None:
        column = self.catalogue.columns.get(key)
        if column is None or column.sort is None or (column.personal and masking.active()):
            return None
        return column

    def condition(self, key: str, value: str) -> Any:
        return self.catalogue.filters[key].condition(value, self.today) if value else None

    @property
    def narrowing(self) -> bool:
        return bool(self.q or self.chosen)

    def apply(self, customers: CustomerQuerySet) -> CustomerQuerySet:
        if (
            self.q and walking.gathers()
        ):  # Beside the other conditions: the planner takes the narrowest first.
            customers = customers.search(self.q)
        elif self.q:  # Found first, put in order then: few match, and the index of names need not be walked.
            customers = customers.filter(pk__in=Customer.objects.search(self.q).values("pk"))
        for key, value in self.chosen:
            customers = customers.filter(self.condition(key, value))
        return customers

    def pairs(self, *, view: bool = True) -> list[tuple[str, str]]:
        found = [("q", self.q)] if self.q else []
        found += [*self.chosen]
        found += [("sort", self.sort)] if self.sort else []
        return found + ([("view", self.view)] if view and self.view else [])

    def query(self) -> str:
        """The same filters as a query string, "" when there are none."""
        return urlencode(self.pairs())

    def plain(self) -> str:
        """What a saved view keeps."""
        return urlencode(self.pairs(view=False))

    def without(self, key: str, value: str = "") -> Filters:
        if key == "q":
            return replace(self, q="")
        gone = [pair for pair in self.chosen if pair[0] == key and value in ("", pair[1])]
        return replace(self, chosen=tuple(pair for pair in self.chosen if pair not in gone))

    def plus(self, key: str, value: str) -> Filters:
        return replace(self, chosen=(*self.chosen, (key, value)))

    def chips(self) -> list[Chip]:
        """Each filter in force in words, beside the query string that drops it."""
        words = [("q", self.q, _("Contains “%(words)s”") % {"words": self.q})] if self.q else []
        known = self.catalogue.filters
        words += [(key, value, known[key].say(value, self.today)) for key, value in self.chosen]
        return [Chip(key, value, text, self.without(key, value).query()) for key, value, text in words]

    def headings(self, columns: Sequence[Column]) -> list[Heading]:
        """The heads of the columns; once more sorts the other way round."""
        return [self._heading(one) for one in columns]

    def _heading(self, column: Column) -> Heading:
        if self.sortable(column.key) is None:
            return Heading(column)
        up, down = ("", "-name") if column.key == "name" else (column.key, f"-{column.key}")
        direction = {up: "ascending", down: "descending"}.get(self.sort, "")
        first, second = (down, up) if column.look != ColumnLook.TEXT else (up, down)
        wanted = second if self.sort == first else first
        return Heading(column, True, replace(self, sort=wanted).query(), direction)

    def groups(self) -> list[tuple[str, list[Filter]]]:
        """The filters offered, under their headings in the order of their registration."""
        found: dict[str, list[Filter]] = {}
        for one in self.offered.values():
            found.setdefault(str(one.group), []).append(one)
        return list(found.items())

    def kept(self) -> list[tuple[str, str]]:
        """What a new search keeps."""
        return [pair for pair in self.pairs() if pair[0] != "q"]

    def beside(self) -> str:
        """The path of the sorting where another table gives the order: "features__revenue"."""
        key = self.sort.lstrip("-")
        path = self.catalogue.columns[key].sort if key and key != "name" else None
        return path if isinstance(path, str) and "__" in path else ""

    def ordered(self, customers: CustomerQuerySet) -> tuple[CustomerQuerySet, tuple[str, ...]]:
        """The customers ready to be put in order, and the order."""
        sign, key = ("-", self.sort[1:]) if self.sort.startswith("-") else ("", self.sort)
        if key in ("", "name") and masking.active():
            return customers, ("id",)
        if key in ("", "name"):
            return customers, tuple(f"{sign}{name}" for name in BY_NAME)
        path = self.catalogue.columns[key].sort
        assert path is not None
        if isinstance(path, str) and "__" not in path:
            return customers, (f"{sign}{path}", f"{sign}id")
        by = F(path) if isinstance(path, str) else path
        return customers.annotate(sort_value=by), (f"{sign}sort_value", f"{sign}id")


def _pairs(query: Mapping[str, str]) -> Iterable[tuple[str, str]]:
    if isinstance(query, QueryDict):
        return [(str(key), str(value)) for key, values in query.lists() for value in values]
    return [(key, str(value)) for key, value in query.items()]


@dataclass(frozen=True, slots=True)
class Row:
    """A customer with the cells of the chosen columns."""

    customer: Customer
    figures: Figures
    cells: list[tuple[Column, Cell]]


def with_columns(customers: CustomerQuerySet, columns: Sequence[Column]) -> CustomerQuerySet:
    """Fetch beside each customer what its columns show."""
    joins = [one.join for one in columns if one.join]
    extra = {f"read_{one.slot}": F(one.read) for one in columns if one.read}
    unused = (
        ["search_text"]
        if any(one.key.startswith("custom.") for one in columns)
        else ["search_text", "custom"]
    )
    customers = customers.defer(*unused).annotate(**extra)
    if any(one.key == "tags" for one in columns):
        uses = CustomerTag.objects.select_related("tag").order_by("-weight", "tag__name")
        customers = customers.prefetch_related(Prefetch("tags", uses, to_attr="tag_uses"))
    return customers.select_related(*joins) if joins else customers


def rows_of(customers: Sequence[Customer], columns: Sequence[Column]) -> list[Row]:
    """The cells of some loaded customers."""
    wanted = any(one.figures for one in columns)
    known = figures_of(one.pk for one in customers) if wanted else {}
    nothing = Figures()
    found = []
    for one in customers:
        figures = known.get(one.pk, nothing)
        found.append(Row(one, figures, [(column, column.cell(one, figures)) for column in columns]))
    return found


def listed(
    filters: Filters,
    columns: Sequence[Column] = (),
    *,
    among: CustomerQuerySet,
    after: str = "",
    before: str = "",
    size: int = 50,
) -> Page[Customer]:
    """One page of the list; `among` are the people whom the reader may see."""
    ordered, order = filters.ordered(with_columns(filters.apply(among), columns))
    return page_of(ordered, order, after=after, before=before, size=size)


def count_capped(filters: Filters, page: Page[Customer] | None = None, *, among: CustomerQuerySet) -> int:
    """How many match, counted up to one more than MANY: enough to say "10,000+"."""
    if page is not None and not page.previous and not page.next:
        return len(page)
    return filters.apply(among.order_by())[: MANY + 1].count()


def neighbours(
    filters: Filters, customer: Customer, *, among: CustomerQuerySet
) -> tuple[Customer | None, Customer | None]:
    """Who stands before and after this customer in the filtered list."""
    here, order = filters.ordered(Customer.objects.filter(pk=customer.pk).defer("custom", "search_text"))
    mark = mark_of(here.get(), order)
    found, _order = filters.ordered(filters.apply(among.defer("custom", "search_text")))
    before = page_of(found, order, before=mark, size=1).rows
    after = page_of(found, order, after=mark, size=1).rows
    return (before[0] if before else None), (after[0] if after else None)


def facts(customer: Customer, catalogue: Catalogue) -> list[tuple[Column, Cell]]:
    """What can be changed of a customer at its place, blank values last."""
    columns = [one for one in catalogue.columns.values() if one.editable]
    cells = rows_of([customer], columns)[0].cells
    return sorted(cells, key=lambda cell: cell[1] in (None, ""))
