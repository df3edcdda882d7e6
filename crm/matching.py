"""Who is meant: by the shop's number, else e-mail, else phone. Merged people answer to their old keys."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import batched
from typing import Final

from django.db.models import QuerySet

from crm import addresses, bulk, phones
from crm.models import Customer, CustomerAlias

Kind = CustomerAlias.Kind
ORDER: Final = (Kind.NUMBER, Kind.EMAIL, Kind.PHONE)
COLUMNS: Final = {
    Kind.NUMBER: "external_id",
    Kind.EMAIL: "email",
    Kind.PHONE: "phone",
    Kind.PUBLIC: "public_id",
}
AT_ONCE: Final = 500


def match(
    *,
    external_id: str = "",
    email: str = "",
    phone: str = "",
    country: str = "",
    among: QuerySet[Customer] | None = None,
) -> Customer | None:
    """The customer that these keys mean, the first key that finds somebody deciding; the oldest of several.

    A number that belongs to nobody does not stop e-mail and phone from finding the person.
    """
    try:
        phone = phones.normalise(phone, country)
    except ValueError:
        phone = phone.strip()
    keys = (external_id.strip(), addresses.tidy(email), phone)
    people = Customer.objects.all() if among is None else among
    for kind, value in zip(ORDER, keys, strict=True):
        if value and (found := people.filter(pk__in=find(kind, [value]).values()).first()):
            return found
    return None


def find(kind: Kind, values: Iterable[str]) -> dict[str, int]:
    """{value: customer} of those that have it now, else of those who took over whoever had it."""
    found: dict[str, int] = {}
    column = COLUMNS[kind]
    for some in batched(values, AT_ONCE):
        rows = Customer.objects.filter(**{f"{column}__in": some}).order_by("-pk")
        found.update(rows.values_list(column, "pk"))
        missing = [value for value in some if value not in found]
        found |= former(kind, missing) if missing else {}
    return found


def former(kind: Kind, values: Iterable[str]) -> dict[str, int]:
    """{value: customer} of merged-away people's keys."""
    known = CustomerAlias.objects.filter(kind=kind, value__in=bulk.texts(values)).order_by("-pk")
    return dict(known.values_list("value", "customer_id"))
