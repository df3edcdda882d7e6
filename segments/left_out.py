"""What figures about buyers leave out, in words and with the way to it: nothing is dropped silently."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

from django.db.models import Count
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.models import Customer, Purchase
from crm.templatetags.crm_format import number
from segments import since_refresh
from segments.models import CustomerFeatures
from segments.rules.compile import to_q
from segments.rules.moment import Moment
from segments.rules.operators import KNOWN, NEGATIVE
from segments.rules.tree import All, AnyOf, Condition, Did, Node, Not

MOST_FIELDS = 6
SALES = frozenset(
    f"features__{name}"
    for name in ("orders", "revenue", "average_order", "first_bought_on", "last_bought_on", "gap_days")
)


@dataclass(frozen=True, slots=True)
class LeftOut:
    """`url` leads to the rows, where there is a list of them."""

    words: str
    url: str = ""


def of_buyers() -> list[LeftOut]:
    """Who and what is missing from scores and values that rest on purchases."""
    leads = CustomerFeatures.objects.filter(orders=0, customer__erased_at=None)
    never = since_refresh.figures("never", leads.count)
    found = []
    if never:
        words = ngettext(
            "%(n)s customer without a purchase that counts",
            "%(n)s customers without a purchase that counts",
            never,
        )
        found.append(LeftOut(words % {"n": number(never)}, reverse("crm:customers") + "?bought=never"))
    return found + _of_sales()


def _of_sales() -> list[LeftOut]:
    nobody, found = Purchase.objects.filter(customer=None).count(), []
    if nobody:
        words = ngettext(
            "%(n)s purchase of somebody unknown, so it belongs to nobody's score",
            "%(n)s purchases of somebody unknown, so they belong to nobody's score",
            nobody,
        )
        found.append(LeftOut(words % {"n": number(nobody)}))
    found.append(LeftOut(_("Orders that were cancelled or fully refunded"), reverse("crm:quality")))
    return found


def of_rule(node: Node, moment: Moment) -> list[LeftOut]:
    """Who a rule cannot find because nothing is known of them, and which purchases it does not count."""
    fields = list({one.field.name: one.field for one in _comparisons(node)}.values())[:MOST_FIELDS]
    unknown = {
        f"unknown_{index}": Count("pk", filter=to_q(Condition(field, "unknown"), moment))
        for index, field in enumerate(fields)
    }
    counts = Customer.objects.order_by().aggregate(**unknown) if unknown else {}
    found = [
        LeftOut(_unknown(str(field.label), counts[f"unknown_{index}"]))
        for index, field in enumerate(fields)
        if counts[f"unknown_{index}"]
    ]
    return found + (_of_sales() if _asks_for_sales(node) else [])


def _unknown(label: str, count: int) -> str:
    words = ngettext(
        "%(n)s customer of whom “%(field)s” is not known: comparing it does not find them",
        "%(n)s customers of whom “%(field)s” is not known: comparing it does not find them",
        count,
    )
    return words % {"n": number(count), "field": label}


def _comparisons(node: Node) -> Iterator[Condition]:
    """Conditions that an unknown value never meets. What a "not" turns round does find the unknown."""
    match node:
        case All(children) | AnyOf(children):
            for child in children:
                yield from _comparisons(child)
        case Condition() if node.op not in {*NEGATIVE, *KNOWN} and node.field.how not in {"zero", "tag"}:
            yield node


def _asks_for_sales(node: Node) -> bool:
    match node:
        case All(children) | AnyOf(children):
            return any(_asks_for_sales(child) for child in children)
        case Not(child):
            return _asks_for_sales(child)
        case Did():
            return node.event.name == "purchase"
        case Condition():
            return node.field.path in SALES
    return False
