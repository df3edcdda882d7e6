"""One field of a customer changed at its place, unless somebody else has changed it meanwhile."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Any

from django import forms
from django.db import transaction
from django.utils.translation import gettext as _

from crm import audit, custom_fields, saving
from crm.forms.customers import CustomerForm
from crm.listing.catalogue import staff_choices
from crm.models import Customer, User

OWNER = "owner"


@dataclass(frozen=True, slots=True)
class Cell:
    """The bound field of one value, and the value as text when it was shown."""

    name: str
    field: forms.BoundField
    was: str
    conflict: str = ""


class OwnerForm(forms.Form):
    def __init__(self, person: Customer, data: Any = None) -> None:
        super().__init__(data, initial={OWNER: person.owner_id or ""})
        self.fields[OWNER] = forms.ChoiceField(
            label=_("Looked after by"),
            required=False,
            choices=[("", "–"), *staff_choices()],
            widget=forms.Select({"class": "form-select"}),
        )


def field_name(key: str) -> str:
    """The name of a column's field in the form of a customer."""
    return f"custom_{key.removeprefix('custom.')}" if key.startswith("custom.") else key


def ask(person: Customer, key: str, *, today: date) -> Cell | None:
    """What is there now, ready to be changed; None for what cannot be changed here."""
    form = _form(person, key, today)
    name = field_name(key)
    if name not in form.fields:
        return None
    return Cell(key, form[name], _text(form[name].value()))


@transaction.atomic
def change(person: Customer, key: str, value: str, was: str, *, by: User, today: date) -> Cell | None:
    """Store `value` if the field still says `was`; None when done, else the field with what is wrong."""
    person = Customer.objects.select_for_update().get(pk=person.pk)
    name = field_name(key)
    now = _form(person, key, today)
    stored = _text(now[name].value())
    data = {one.name: one.value() for one in now} | {name: value}
    form = _form(person, key, today, data)
    if stored not in (was, value.strip()):
        words = _("Meanwhile somebody else wrote “%(value)s”. Save again to write yours over it.")
        return Cell(key, form[name], stored, words % {"value": stored or "–"})
    if not form.is_valid():
        if name not in form.errors:
            form.add_error(name, "; ".join(str(one) for found in form.errors.values() for one in found))
        return Cell(key, form[name], was)
    if stored == value.strip():
        return None
    if isinstance(form, CustomerForm):
        saving.save(form)
    else:
        Customer.objects.filter(pk=person.pk).update(owner=form.cleaned_data[OWNER] or None)
    audit.record(by, "changed", person, change=({key: stored}, {key: value}))
    return None


def _form(person: Customer, key: str, today: date, data: Any = None) -> CustomerForm | OwnerForm:
    if key == OWNER:
        return OwnerForm(person, data)
    copy = Customer.objects.get(pk=person.pk)  # A form writes into its row while it checks.
    form = CustomerForm(data, instance=copy, own_fields=list(custom_fields.plain()), today=today)
    form.fields.pop("agreed", None)
    return form


def _text(value: Any) -> str:
    if isinstance(value, list):
        return "; ".join(str(one) for one in value)
    return "" if value is None else str(value).strip()
