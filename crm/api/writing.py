"""Customers as other programs write them, through the form that the pages use: one set of rules."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.db import transaction as _transaction
from django.utils.translation import gettext as _
from rest_framework import serializers

from crm import audit, custom_fields, saving
from crm.api.problems import Problem
from crm.api.values import TEXTS, Simple, Text
from crm.forms.customers import CustomerForm
from crm.models import AuditEntry, Business, Customer, CustomField, User

NAMES = tuple(CustomerForm.Meta.fields)
transaction = _transaction.atomic


class CustomerInput(serializers.ModelSerializer[Customer]):
    """What can be written of a customer. `custom` holds the shop's own fields by their key."""

    serializer_field_mapping = TEXTS

    external_id = Text(max_length=80, allow_blank=True, allow_null=True, required=False)
    email = Text(max_length=254, allow_blank=True, allow_null=True, required=False)
    language = Text(max_length=10, allow_blank=True, allow_null=True, required=False)
    birth_date = serializers.DateField(allow_null=True, required=False)
    created_on = serializers.DateField(required=False)
    custom = serializers.DictField(child=Simple(), required=False, help_text="Null empties a field.")

    class Meta:
        model = Customer
        fields = [*NAMES, "custom"]
        extra_kwargs = {
            name: {"allow_null": True}
            for name in ("phone", "first_name", "last_name", "country", "city", "gender", "source")
        }


def check(data: Any) -> dict[str, Any]:
    """The values of a body, each of the right kind; a wrong one is named."""
    said = CustomerInput(data=data, partial=True)
    said.is_valid(raise_exception=True)
    return dict(said.validated_data)


def save(person: Customer, data: Any, *, by: User) -> Customer:
    """Check and save; every value that is not given stays as it is."""
    values = check(data)
    own_fields = list(custom_fields.plain())
    fresh = person.pk is None
    if fresh and by.scope == User.Scope.OWN:
        person.owner = by  # Else who added the person would not see them.
    before = _state(person)
    form = CustomerForm(
        {**_as_typed(person), **_given(values, own_fields)},
        instance=person,
        own_fields=own_fields,
        today=Business.current().today(),
    )
    if not form.is_valid():
        raise Problem("invalid", errors=[_error(name, reasons) for name, reasons in form.errors.items()])
    saved = saving.save(form)
    _note(saved, before, fresh=fresh, by=by)
    return saved


def _state(person: Customer) -> dict[str, Any]:
    state = {name: getattr(person, name) for name in NAMES}
    return {name: str(value or "") for name, value in state.items()} | {"custom": dict(person.custom)}


def _as_typed(person: Customer) -> dict[str, Any]:
    """The stored values as a form would send them back."""
    typed: dict[str, Any] = {name: str(getattr(person, name) or "") for name in NAMES}
    if person.pk is None:
        typed["created_on"] = str(Business.current().today())
    return typed | {f"custom_{key}": _text(value) for key, value in person.custom.items()}


def _given(values: Mapping[str, Any], own_fields: list[CustomField]) -> dict[str, Any]:
    given = {name: _text(value) for name, value in values.items() if name != "custom"}
    known = {field.key for field in own_fields}
    for key, value in values.get("custom", {}).items():
        if key not in known:
            reason = _("There is no such own field. Make it in the settings first.")
            raise Problem("invalid", errors=[{"field": f"custom.{key}"[:100], "reason": reason}])
        given[f"custom_{key}"] = _text(value)
    return given


def _text(value: Any) -> Any:
    if value is None:
        return ""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return [str(one) for one in value] if isinstance(value, list) else str(value)


def _error(name: str, reasons: Any) -> dict[str, str]:
    field = name.replace("custom_", "custom.", 1) if name.startswith("custom_") else name
    return {"field": "" if name == "__all__" else field, "reason": " ".join(reasons)}


def _note(person: Customer, before: dict[str, Any], *, fresh: bool, by: User) -> None:
    after = _state(person)
    changed = [name for name, value in after.items() if before[name] != value]
    if fresh:
        audit.record(by, AuditEntry.Action.CREATED, person)
    elif changed:
        change = ({one: before[one] for one in changed}, {one: after[one] for one in changed})
        audit.record(by, AuditEntry.Action.CHANGED, person, change=change)
