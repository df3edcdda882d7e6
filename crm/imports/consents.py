"""Consent that a file brings: evidence appended in bulk; it never undoes an objection."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import Any

from crm.consent import email_hash
from crm.imports.kinds import Plan
from crm.models import Consent, Customer, Suppression

UNKNOWN, GRANTED, WITHDRAWN = (
    Customer.EmailConsent.UNKNOWN,
    Customer.EmailConsent.GRANTED,
    Customer.EmailConsent.WITHDRAWN,
)


def suppressed(addresses: Iterable[str]) -> dict[str, datetime]:
    """Those of the addresses that must get no marketing mail, and since when."""
    if not Suppression.objects.exists():
        return {}
    hashes = {email_hash(address): address for address in addresses}
    found = Suppression.objects.filter(email_hash__in=list(hashes)).values_list("email_hash", "at")
    return {hashes[hashed]: at for hashed, at in found}


def take(
    facts: Mapping[str, Mapping[str, tuple[str, Any]]], people: Mapping[str, int], plan: Plan
) -> set[str]:
    """Write down what the file says; returns the keys of the people whose consent changed.

    A yes counts for people who never decided and are not suppressed. A no counts for people who had agreed.
    """
    said = {
        people[key]: (key, one["agreed_at"][1] if "agreed_at" in one else "", *one["consent_email"])
        for key, one in facts.items()
        if "consent_email" in one
    }
    if not said:
        return set()
    now = Customer.objects.filter(pk__in=list(said)).values_list("pk", "email_consent", "suppressed_at")
    granted, withdrawn = [], []
    for number, consent, suppressed_at in now:
        yes = said[number][3]
        if yes and consent == UNKNOWN and suppressed_at is None:
            granted.append(number)
        elif not yes and consent == GRANTED:
            withdrawn.append(number)
    plan.keep(Customer, [*granted, *withdrawn])
    for numbers, action in ((granted, GRANTED), (withdrawn, WITHDRAWN)):
        Customer.objects.filter(pk__in=numbers).update(email_consent=action)
        evidence = Consent.objects.bulk_create(
            [
                Consent(
                    customer_id=number,
                    action=str(action),
                    source=f"import:{plan.batch.pk}",
                    wording=plan.batch.file_name,
                    at=_moment(said[number][1] or said[number][2]) or plan.at,
                )
                for number in numbers
            ],
            batch_size=1000,
        )
        plan.made(Consent, [one.pk for one in evidence])
    return {said[number][0] for number in (*granted, *withdrawn)}


def _moment(dated: str) -> datetime | None:
    text = dated.partition("#")[0].removesuffix("+00:00")
    return datetime.fromisoformat(f"{text}+00:00") if text else None
