"""Who of the audience lacks what the texts ask for: counted in one statement, and found again as a list."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils.translation import gettext as _

from campaigns import placeholders
from campaigns.rendering import PreparedMail
from crm.models import Consent, CustomerQuerySet

OWN = "customer.custom."
PROOF = "proof"


@dataclass(frozen=True, slots=True)
class Lack:
    name: str
    label: str
    n: int
    has_fallback: bool


def condition(name: str) -> Q | None:
    """Customers of whom this placeholder is not known; None where it is always known."""
    if name.startswith(OWN):
        key = name.removeprefix(OWN)
        return ~Q(custom__has_key=key) | Q(**{f"custom__{key}": ""}) | Q(**{f"custom__{key}": None})
    part = name.removeprefix("customer.")
    if part in {name, "language", "segments"}:
        return None
    return Q(first_name="", last_name="") if part == "name" else Q(**{part: ""})


def words(name: str) -> tuple[Q | None, str]:
    """Who lacks it, and how the page of these people is called; None when there is no such thing."""
    if name == PROOF:
        return ~Q(Exists(proofs())), _("No proof of their consent")
    known = {one.name: str(one.label) for one in placeholders.everything()}
    if name not in known:
        return None, ""
    return condition(name), _("“%s” is not known") % known[name]


def proofs() -> QuerySet[Consent]:
    return Consent.objects.filter(customer=OuterRef("pk"), action=Consent.Action.GRANTED)


def lacks(mails: Iterable[PreparedMail], found: CustomerQuerySet) -> list[Lack]:
    """What is missing of those who would get it, over all texts."""
    mails = list(mails)
    names = set().union(*(placeholders.used(mail) for mail in mails)) if mails else set()
    known = {one.name: str(one.label) for one in placeholders.everything() if one.name in names}
    lacking = {name: where for name in known if (where := condition(name)) is not None}
    if not lacking:
        return []
    counted = found.contactable().aggregate(
        **{f"n{n}": Count("pk", filter=where) for n, where in enumerate(lacking.values())}
    )
    return [
        Lack(
            name, known[name], counted[f"n{n}"], all(placeholders.has_fallback(mail, name) for mail in mails)
        )
        for n, name in enumerate(lacking)
        if counted[f"n{n}"]
    ]
