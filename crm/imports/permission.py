"""What a mailing program says about whom the shop may write to: agreed and when, or never again."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from crm import bulk
from crm.consent import email_hash
from crm.imports.kinds import Plan
from crm.models import Consent, Customer, Suppression

Reason = Suppression.Reason
STOPPED: Final[Mapping[str, Reason]] = {
    **dict.fromkeys(
        ["unsubscribed", "unsubscribe", "opted out", "optout", "opt-out", "no", "退订", "已退订"],
        Reason.UNSUBSCRIBED,
    ),
    **dict.fromkeys(
        ["cleaned", "bounced", "bounce", "hard bounce", "invalid", "undeliverable", "退信"], Reason.BOUNCED
    ),
    **dict.fromkeys(
        ["complained", "complaint", "spam", "abuse", "abuse complaint", "投诉"], Reason.COMPLAINED
    ),
}
AGREED: Final = frozenset(
    ["subscribed", "active", "opted in", "optin", "opt-in", "confirmed", "yes", "已订阅"]
)

type Values = tuple[tuple[str, Any], ...]


def reason(word: str) -> Reason | None:
    """Why a person of this status gets no mail; None when they may."""
    return STOPPED.get(" ".join(word.casefold().replace("_", " ").split()))


def said(row: Mapping[str, Any], options: Mapping[str, Any]) -> Values:
    """What the row says about permission, ready to be staged."""
    if row.get("unsubscribed"):
        return (("mail_stop", [str(Reason.UNSUBSCRIBED), _iso(row.get("stopped_at"))]),)
    status = str(row.get("mail_status") or options.get("mail_status") or "")
    if stop := reason(status):
        return (("mail_stop", [str(stop), _iso(row.get("stopped_at"))]),)
    agreed = row.get("opted_in_at")
    if agreed is not None:
        return (("consent_email", True), ("agreed_at", _iso(agreed)))
    if status.casefold() in AGREED and "consent_email" not in row:
        return (("consent_email", True),)
    return ()


def _iso(at: datetime | None) -> str:
    return at.astimezone(UTC).isoformat() if at else ""


def take(
    facts: Mapping[str, Mapping[str, tuple[str, Any]]], people: Mapping[str, int], plan: Plan
) -> set[str]:
    """Suppress the addresses of those who want or can get no mail; the keys of the people this changed."""
    stops = {people[key]: (key, *one["mail_stop"][1]) for key, one in facts.items() if "mail_stop" in one}
    if not stops:
        return set()
    told = {number: (why, _moment(at) or plan.at) for number, (_key, why, at) in stops.items()}
    addresses = dict(Customer.objects.filter(pk__in=list(stops)).exclude(email="").values_list("pk", "email"))
    suppress({addresses[number]: told[number] for number in addresses}, plan)
    unsubscribed = [number for number, (why, _at) in told.items() if why == Reason.UNSUBSCRIBED]
    withdrawn = withdraw(unsubscribed, {number: told[number][1] for number in unsubscribed}, plan)
    changed = stop({address: told[number][1] for number, address in addresses.items()}, plan)
    return {stops[number][0] for number in {*withdrawn, *changed} if number in stops}


def suppress(told: Mapping[str, tuple[str, datetime]], plan: Plan) -> int:
    """Keep these addresses from all marketing mail; how many were not kept from it before."""
    hashes = {email_hash(address): one for address, one in told.items()}
    known = set(Suppression.objects.filter(email_hash__in=list(hashes)).values_list("email_hash", flat=True))
    fresh = [
        Suppression(email_hash=hashed, reason=why, at=at)
        for hashed, (why, at) in hashes.items()
        if hashed not in known
    ]
    Suppression.objects.bulk_create(fresh, batch_size=500)
    plan.made(Suppression, [one.pk for one in fresh])
    return len(fresh)


def stop(told: Mapping[str, datetime], plan: Plan) -> list[int]:
    """Mark every customer of these addresses; the numbers of those who were not marked before."""
    people = list(Customer.objects.filter(email__in=list(told), suppressed_at=None))
    for person in people:
        person.suppressed_at = told[person.email]
    plan.keep(Customer, [person.pk for person in people])
    bulk.rewrite(people, ["suppressed_at"])
    return [person.pk for person in people]


def withdraw(numbers: list[int], at: Mapping[int, datetime], plan: Plan) -> list[int]:
    """Write the objection down for those who had not objected yet."""
    withdrawn = Customer.EmailConsent.WITHDRAWN
    fresh = list(
        Customer.objects.filter(pk__in=numbers).exclude(email_consent=withdrawn).values_list("pk", flat=True)
    )
    plan.keep(Customer, fresh)
    Customer.objects.filter(pk__in=fresh).update(email_consent=withdrawn)
    evidence = Consent.objects.bulk_create(
        [
            Consent(
                customer_id=number,
                action="withdrawn",
                source=f"import:{plan.batch.pk}",
                wording=plan.batch.file_name,
                at=at[number],
            )
            for number in fresh
        ],
        batch_size=500,
    )
    plan.made(Consent, [one.pk for one in evidence])
    return fresh


def _moment(text: str) -> datetime | None:
    return datetime.fromisoformat(text) if text else None
