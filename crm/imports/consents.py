"""Consent that a file brings: evidence appended in bulk; it never undoes an objection."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping
from datetime import UTC, datetime
from functools import lru_cache
from typing import Any

from crm import bulk
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


def at_first(facts: Mapping[str, tuple[str, Any]], suppressed_at: datetime | None) -> Customer.EmailConsent:
    """The consent of somebody new."""
    agreed = "consent_email" in facts and bool(facts["consent_email"][1])
    return GRANTED if agreed and suppressed_at is None else UNKNOWN


def take(
    facts: Mapping[str, Mapping[str, tuple[str, Any]]],
    people: Mapping[str, int],
    plan: Plan,
    agreed: Collection[int] = (),
    fresh: Collection[int] = (),
) -> set[str]:
    """Write down what the file says; returns the keys of the people whose consent changed.

    A yes counts for people who never decided and are not suppressed. A no counts for people who had agreed.
    Of `fresh` people those who `agreed` are stored so already, and lack the evidence only.
    """
    said = {
        people[key]: (key, one["agreed_at"][1] if "agreed_at" in one else "", *one["consent_email"])
        for key, one in facts.items()
        if "consent_email" in one
    }
    known = set(said).difference(fresh)
    now = Customer.objects.filter(pk__in=bulk.numbers(known)).values_list(
        "pk", "email_consent", "suppressed_at"
    )
    granted, withdrawn = [], []
    for number, consent, suppressed_at in now if known else ():
        yes = said[number][3]
        if yes and consent == UNKNOWN and suppressed_at is None:
            granted.append(number)
        elif not yes and consent == GRANTED:
            withdrawn.append(number)
    plan.keep(Customer, [*granted, *withdrawn])
    for numbers, action in ((granted, GRANTED), (withdrawn, WITHDRAWN)):
        if numbers:
            Customer.objects.filter(pk__in=bulk.numbers(numbers)).update(email_consent=action)
    decided = [*((one, GRANTED) for one in (*agreed, *granted)), *((one, WITHDRAWN) for one in withdrawn)]
    _prove([(one, action, said[one][1] or said[one][2]) for one, action in decided], plan)
    return {said[number][0] for number, _action in decided}


def _prove(decided: list[tuple[int, str, str]], plan: Plan) -> None:
    """Evidence of (customer, decision, when), appended."""
    if not decided:
        return
    numbers = bulk.reserve(Consent, len(decided))
    bulk.write_full(
        Consent,
        [
            {
                "id": number,
                "customer_id": customer,
                "action": str(action),
                "source": f"import:{plan.batch.pk}",
                "wording": plan.batch.file_name,
                "proof": "{}",
                "at": _plain(_moment(dated) or plan.at),
            }
            for number, (customer, action, dated) in zip(numbers, decided, strict=True)
        ],
    )
    plan.made(Consent, numbers)


def _plain(at: datetime) -> str:
    return str(at.astimezone(UTC).replace(tzinfo=None))


@lru_cache(maxsize=1000)
def _moment(dated: str) -> datetime | None:
    text = dated.partition("#")[0].removesuffix("+00:00")
    return datetime.fromisoformat(f"{text}+00:00") if text else None
