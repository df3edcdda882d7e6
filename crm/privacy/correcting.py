"""What a person says is wrong about them: held until staff has looked at it, then taken over or declined.

Whoever holds a passed-on link could write anything, so nothing is changed by saying it, and what stands here
now is not shown there.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any, Final

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.forms import DateField
from django.utils.translation import gettext as _

from crm import audit, custom_fields, phones, preferences, saving
from crm.errors import Refusal
from crm.forms.customers import OLDEST, CustomerForm
from crm.models import Customer, PrivacyRequest, User

FIELDS: Final = ("first_name", "last_name", "phone", "birth_date")
State = PrivacyRequest.State


@dataclass(frozen=True, slots=True)
class Change:
    """One line for whoever decides: what stands here and what the person says."""

    label: str
    now: str
    wanted: str


def read(customer: Customer, said: Mapping[str, str], *, today: date) -> dict[str, str]:
    """What was filled in, as it would be stored; Refusal with the reason where that cannot be."""
    found = {name: " ".join(said.get(name, "").replace("\0", "").split()) for name in FIELDS}
    found = {name: text for name, text in found.items() if text}
    if not found:
        raise Refusal(_("Please write at least one thing that is to be changed."))
    if any(len(found.get(name, "")) > 80 for name in ("first_name", "last_name")):
        raise Refusal(_("This name is too long: 80 letters are the most."))
    if "phone" in found:
        found["phone"] = _phone(found["phone"], customer.country)
    if "birth_date" in found:
        found["birth_date"] = _day(found["birth_date"], today)
    return found


def _phone(text: str, country: str) -> str:
    try:
        found = phones.normalise(text[:80], country)
    except ValueError:
        found = ""
    if not found or len(found) > 40:
        raise Refusal(_("This number does not exist. Begin with + and the country code."))
    return found


def _day(text: str, today: date) -> str:
    try:
        day = DateField().clean(text)
    except ValidationError:
        raise Refusal(_("This is not a day. Write it like 1980-12-31.")) from None
    if not OLDEST <= day <= today:
        raise Refusal(_("You cannot be born on this day. Please check the year."))
    return str(day.isoformat())


def propose(customer: Customer, wanted: dict[str, str], *, source: str, at: datetime) -> PrivacyRequest:
    """Hold it for staff; said again before they looked, the last words count and the first day stays."""
    kind = PrivacyRequest.Kind.CORRECT
    values = {"source": source, "asked_at": at, "due_on": (at + preferences.MONTH).date()}
    mine: dict[str, Any] = {"customer": customer, "kind": kind, "state": State.OPEN}
    try:
        with transaction.atomic():
            request, _made = PrivacyRequest.objects.get_or_create(**mine, defaults=values)
    except IntegrityError:  # Said twice in the same moment.
        request = PrivacyRequest.objects.get(**mine)
    request.proposal = {**request.proposal, **wanted}
    request.save(update_fields=["proposal"])
    return request


def changes(request: PrivacyRequest) -> list[Change]:
    """What taking it over would change, as text."""
    person = request.customer
    return [
        Change(
            str(Customer._meta.get_field(name).verbose_name),  # type: ignore[union-attr]
            str(getattr(person, name) or ""),
            str(request.proposal[name]),
        )
        for name in FIELDS
        if name in request.proposal
    ]


@transaction.atomic
def accept(request: PrivacyRequest, *, by: User, at: datetime, today: date) -> bool:
    """OPEN → DONE and the customer as they say; False when somebody settled it before. May raise Refusal."""
    mine = PrivacyRequest.objects.filter(pk=request.pk, state=State.OPEN, kind=PrivacyRequest.Kind.CORRECT)
    request = mine.select_for_update().select_related("customer").first()  # type: ignore[assignment]
    if request is None:
        return False
    before = {name: str(getattr(request.customer, name) or "") for name in request.proposal}
    own = list(custom_fields.plain())
    blank = CustomerForm(None, instance=request.customer, own_fields=own, today=today)
    data = {one.name: one.value() for one in blank} | request.proposal
    form = CustomerForm(data, instance=request.customer, own_fields=own, today=today)
    if not form.is_valid():
        raise Refusal("; ".join(str(one) for found in form.errors.values() for one in found))
    customer = saving.save(form)
    audit.record(by, "changed", customer, change=(before, dict(request.proposal)), detail="as they asked")
    mine.update(state=State.DONE, proposal={}, settled_at=at, settled_by=by)
    return True
