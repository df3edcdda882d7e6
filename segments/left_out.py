"""What figures about buyers leave out, in words and with the way to it: nothing is dropped silently."""

from __future__ import annotations

from dataclasses import dataclass

from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm.models import Purchase
from crm.templatetags.crm_format import number
from segments.models import CustomerFeatures


@dataclass(frozen=True, slots=True)
class LeftOut:
    """`url` leads to the rows, where there is a list of them."""

    words: str
    url: str = ""


def of_buyers() -> list[LeftOut]:
    """Who and what is missing from scores and values that rest on purchases."""
    never = CustomerFeatures.objects.filter(orders=0, customer__erased_at=None).count()
    nobody = Purchase.objects.filter(customer=None).count()
    found = []
    if never:
        words = ngettext(
            "%(n)s customer without a purchase that counts",
            "%(n)s customers without a purchase that counts",
            never,
        )
        found.append(LeftOut(words % {"n": number(never)}, reverse("crm:customers") + "?bought=never"))
    if nobody:
        words = ngettext(
            "%(n)s purchase of somebody unknown, so it belongs to nobody's score",
            "%(n)s purchases of somebody unknown, so they belong to nobody's score",
            nobody,
        )
        found.append(LeftOut(words % {"n": number(nobody)}))
    found.append(LeftOut(_("Orders that were cancelled or fully refunded"), reverse("crm:quality")))
    return found
