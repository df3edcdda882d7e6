"""Whom a command means: a public id, an external id or an e-mail."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.models import Customer


def customer(text: str) -> Customer:
    known = Q(public_id=text) | Q(external_id=text) | Q(email=text.strip().lower())
    found = list(Customer.objects.filter(known, erased_at=None)[:2])
    if not found:
        raise Refusal(_("No customer has this public id, customer number or e-mail."))
    if len(found) > 1:
        raise Refusal(
            _("Several customers are known by this. Use the public id from the address of the page.")
        )
    return found[0]
