"""What a prediction is asked for, what it is kept as, and what a contact costs and earns."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms.look import Look
from segments.clusters import columns
from segments.predictions import propensity


class PredictionForm(Look, forms.Form):
    target = forms.ChoiceField(label=_("What is to be foretold"))
    features = forms.MultipleChoiceField(
        label=_("Learn from"),
        required=False,
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None ticked: all that do not simply say the same in other words."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        names = [(name, one.label) for name, one in columns.features().items()]
        self.fields["target"].choices = list(propensity.targets().items())  # type: ignore[attr-defined]
        self.fields["target"].initial = propensity.first_target()
        self.fields["features"].choices = names  # type: ignore[attr-defined]


class KeepForm(Look, forms.Form):
    name = forms.CharField(
        label=_("Keep it under the name"),
        max_length=80,
        help_text=_("Rules can then ask for it, and it is renewed every night."),
    )


class ProfitForm(Look, forms.Form):
    margin = forms.DecimalField(
        label=_("What one success leaves you"), min_value=0, max_value=1_000_000, decimal_places=2
    )
    cost = forms.DecimalField(
        label=_("What one contact costs"), min_value=0, max_value=1_000_000, decimal_places=2
    )
