"""The customers behind a pasted column of e-mails and customer numbers."""

from __future__ import annotations

from django.db.models import Q
from django.utils.translation import gettext as _

from crm.models import CustomerQuerySet
from crm.templatetags.crm_format import number

CHUNK = 500
NAMED = 10


def known(wanted: list[str], people: CustomerQuerySet) -> tuple[list[int], list[str]]:
    """The customers behind e-mails and customer numbers, and what belongs to nobody."""
    ids: list[int] = []
    seen: set[str] = set()
    for start in range(0, len(wanted), CHUNK):
        part = wanted[start : start + CHUNK]
        low = [one.lower() for one in part]
        rows = people.filter(Q(email__in=low) | Q(external_id__in=part)).exclude(email="", external_id=None)
        for pk, email, external_id in rows.values_list("pk", "email", "external_id"):
            ids.append(pk)
            seen |= {email, external_id or ""}
    return ids, [one for one in wanted if one not in seen and one.lower() not in seen]


def not_found(unknown: list[str]) -> str:
    """Says which words belong to nobody."""
    names = ", ".join(unknown[:NAMED]) + (" …" if len(unknown) > NAMED else "")
    return _("Not found: %(names)s (%(count)s).") % {"names": names, "count": number(len(unknown))}
