"""How long something is kept."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms.look import Look
from crm.privacy.retention import Keeping, period


class KeepForm(Look, forms.Form):
    """Chosen from a list, so that nobody deletes by a typing error."""

    days = forms.TypedChoiceField(label=_("Keep for"), coerce=int)

    def __init__(self, *args: Any, keeping: Keeping, days: int, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        choices = list(keeping.choices)
        if days not in dict(choices):
            choices = sorted([*choices, (days, period(days))])
        field: Any = self.fields["days"]
        field.choices = choices
        field.initial = days
