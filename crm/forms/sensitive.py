"""What a customer has in sensitive fields."""

from __future__ import annotations

from typing import Any

from django import forms

from crm import custom_fields
from crm.custom_fields import Stored
from crm.forms.look import Look
from crm.models import CustomField


class SensitiveForm(Look, forms.Form):
    """One text for each field; what may stand in it is decided by `custom_fields.parse` alone."""

    def __init__(
        self, *args: Any, own_fields: list[CustomField], known: dict[str, Stored], **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.own_fields = own_fields
        for field in own_fields:
            value = known.get(field.key)
            shown = custom_fields.show(field, value) if isinstance(value, bool) else value
            self.fields[field.key] = forms.CharField(
                label=field.label,
                required=False,
                initial="" if shown is None else str(shown),
                widget=forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for field in self.own_fields:
            try:
                data[field.key] = custom_fields.parse(field, str(data.get(field.key) or ""))
            except ValueError as error:
                self.add_error(field.key, str(error))
        return data
