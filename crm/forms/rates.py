from __future__ import annotations

from django import forms
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.forms.look import DateInput, Look
from crm.models import Business, Rate


class RateForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """What one unit of another currency is worth from a day on."""

    class Meta:
        model = Rate
        fields = ("currency", "rate", "valid_from")
        widgets = {"valid_from": DateInput()}
        help_texts = {
            "currency": gettext_lazy("Three letters, like USD."),
            "rate": gettext_lazy("What one unit is worth in the shop's currency."),
        }

    def clean_currency(self) -> str:
        currency = str(self.cleaned_data["currency"]).upper()
        if currency == Business.current().currency:
            raise forms.ValidationError(_("This is the shop's own currency."))
        return currency
