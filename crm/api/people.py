"""Customers as other programs name them."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Q
from django.utils.translation import gettext as _

from crm import access
from crm.api.problems import Problem
from crm.models import Customer, User


def find_references(user: User, names: Collection[str]) -> dict[str, Customer]:
    """{name: customer} for public ids, customer numbers and e-mail addresses, in this order of trust.

    An address that two customers share names nobody.
    """
    wanted = set(names)
    addresses = {name.strip().lower() for name in wanted if "@" in name}
    rows = access.customers(user).filter(
        Q(public_id__in=wanted) | Q(external_id__in=wanted) | Q(email__in=addresses)
    )
    people = list(rows)
    by_mail: dict[str, list[Customer]] = {}
    for one in people:
        by_mail.setdefault(one.email, []).append(one)
    found: dict[str, Customer] = {
        name: same[0]
        for name in wanted
        if "@" in name and len(same := by_mail.get(name.strip().lower(), [])) == 1
    }
    found |= {one.external_id: one for one in people if one.external_id in wanted}
    return found | {one.public_id: one for one in people if one.public_id in wanted}


def find_reference(user: User, name: str) -> Customer:
    person = find_references(user, [name]).get(name)
    if person is None:
        reason = _("No customer, or more than one, is called so.")
        raise Problem("invalid", errors=[{"field": "customer", "reason": reason}])
    return person
