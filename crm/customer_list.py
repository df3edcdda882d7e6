"""The list of customers: what its address says, whom that means, and who stands beside whom."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from urllib.parse import urlencode

from django.core.cache import cache
from django.db.models import Exists, OuterRef
from django.utils.translation import gettext as _

from crm import masking
from crm.models import Customer, CustomerQuerySet, CustomerTag, Purchase, Tag
from crm.paging import Page, mark_of, page_of

MANY = 10_000
ORDERS: dict[str, tuple[str, ...]] = {
    "name": ("last_name", "first_name", "id"),
    "newest": ("-created_on", "-id"),
}
NO_COUNTRY = "-"


@dataclass(frozen=True, slots=True)
class Filters:
    """The filters of the list, exactly as its address carries them; unknown values are as if absent."""

    q: str = ""
    country: str = ""
    consent: str = ""
    tag: str = ""
    bought: str = ""
    sort: str = ""

    @classmethod
    def read(cls, query: Mapping[str, str]) -> Filters:
        given = {one.name: str(query.get(one.name, "")).strip()[:200] for one in fields(cls)}
        if given["consent"] not in (*Customer.EmailConsent.values, "reachable"):
            given["consent"] = ""
        if given["bought"] not in ("yes", "never"):
            given["bought"] = ""
        if given["sort"] not in ORDERS or given["sort"] == "name":
            given["sort"] = ""
        if masking.active():
            given["q"] = ""
        return cls(**given)

    @property
    def order(self) -> tuple[str, ...]:
        return ORDERS[self.sort or "name"]

    @property
    def narrowing(self) -> bool:
        return bool(self.q or self.country or self.consent or self.tag or self.bought)

    def apply(self, customers: CustomerQuerySet) -> CustomerQuerySet:
        if self.q:  # Found first and then put in order: few match, and the index of names need not be walked.
            customers = customers.filter(pk__in=Customer.objects.search(self.q).values("pk"))
        if self.country:
            customers = customers.filter(country="" if self.country == NO_COUNTRY else self.country)
        if self.consent == "reachable":
            customers = customers.contactable()
        elif self.consent:
            customers = customers.filter(email_consent=self.consent)
        if self.tag:
            tagged = CustomerTag.objects.filter(customer=OuterRef("pk"), tag__name__iexact=self.tag)
            customers = customers.filter(Exists(tagged))
        if self.bought:
            sales = Exists(Purchase.objects.counting().filter(customer=OuterRef("pk")))
            customers = customers.filter(sales if self.bought == "yes" else ~sales)
        return customers

    def query(self) -> str:
        """The same filters as a query string, "" when there are none."""
        return urlencode({one.name: value for one in fields(self) if (value := getattr(self, one.name))})

    def chips(self) -> list[tuple[str, str]]:
        """Each filter in force in words, beside the query string that drops it."""
        words = {
            "q": _("Contains “%(words)s”") % {"words": self.q},
            "country": _("No country") if self.country == NO_COUNTRY else self.country,
            "consent": dict(consent_choices()).get(self.consent, ""),
            "tag": _("Tag: %(name)s") % {"name": self.tag},
            "bought": dict(bought_choices()).get(self.bought, ""),
        }
        return [
            (text, replace(self, **{name: ""}).query()) for name, text in words.items() if getattr(self, name)
        ]


def consent_choices() -> list[tuple[str, str]]:
    return [
        ("reachable", _("Can get mail")),
        ("granted", _("Agreed to mail")),
        ("withdrawn", _("Objected to mail")),
        ("unknown", _("Not asked about mail")),
    ]


def bought_choices() -> list[tuple[str, str]]:
    return [("yes", _("Has bought")), ("never", _("Never bought"))]


def country_choices() -> list[str]:
    """Countries in use; remembered for a minute, because finding them reads every customer."""

    def countries() -> list[str]:
        used = Customer.objects.exclude(country="").order_by("country").values_list("country", flat=True)
        return list(used.distinct()[:300])

    return list(cache.get_or_set("customer-countries", countries, 60) or [])


def tag_choices() -> list[str]:
    return list(Tag.objects.values_list("name", flat=True)[:300])


def listed(
    filters: Filters, *, among: CustomerQuerySet, after: str = "", before: str = "", size: int = 50
) -> Page[Customer]:
    """One page of the list; `among` are the people whom the reader may see."""
    customers = filters.apply(among.defer("custom", "search_text"))
    return page_of(customers, filters.order, after=after, before=before, size=size)


def count_capped(filters: Filters, page: Page[Customer] | None = None, *, among: CustomerQuerySet) -> int:
    """How many match, counted up to one more than MANY: enough to say "10,000+"."""
    if page is not None and not page.previous and not page.next:
        return len(page)
    return filters.apply(among.order_by())[: MANY + 1].count()


def neighbours(
    filters: Filters, customer: Customer, *, among: CustomerQuerySet
) -> tuple[Customer | None, Customer | None]:
    """Who stands before and after this customer in the filtered list."""
    found = filters.apply(among.only("public_id", *(name.lstrip("-") for name in filters.order)))
    mark = mark_of(customer, filters.order)
    before = page_of(found, filters.order, before=mark, size=1).rows
    after = page_of(found, filters.order, after=mark, size=1).rows
    return (before[0] if before else None), (after[0] if after else None)
