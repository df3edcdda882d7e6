"""The profile of the business."""

from __future__ import annotations

import re
from decimal import Decimal, InvalidOperation
from functools import cache
from typing import Any

import phonenumbers
from babel.numbers import get_territory_currencies
from django import forms
from django.conf import settings
from django.utils.dates import MONTHS
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.forms.look import Look
from crm.languages import locale_of
from crm.models import Business


@cache
def _codes() -> tuple[str, ...]:
    found = {code for one in phonenumbers.SUPPORTED_REGIONS for code in get_territory_currencies(one)}
    return tuple(sorted(found))


def currencies() -> list[tuple[str, str]]:
    """Every currency in use today, with its name in the reader's language."""
    names = locale_of().currencies
    return [(code, f"{code} · {names.get(code, code)}") for code in _codes()]


class BusinessForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    currency = forms.ChoiceField(
        label=_("Currency"),
        choices=currencies,
        help_text=_("Amounts are not converted when you change this."),
    )
    language = forms.ChoiceField(label=_("Language of mails to customers"), choices=settings.LANGUAGES)
    fiscal_start_month = forms.TypedChoiceField(
        label=_("First month of the fiscal year"), choices=list(MONTHS.items()), coerce=int
    )
    costs = forms.CharField(
        label=_("Cost of a new customer, by channel"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "web = 4.50"}),
        help_text=_("One channel a line, for example: web = 4.50"),
    )

    class Meta:
        model = Business
        fields = [
            "name", "website", "postal_address", "currency", "time_zone", "language", "fiscal_start_month",
            "from_name", "from_email", "reply_to", "brand_color", "tracking",
            "holdout_percent", "cost_per_mail", "margin_percent",
            "discount_rate", "value_months",
        ]  # fmt: skip
        widgets = {"brand_color": forms.TextInput(attrs={"type": "color"})}
        help_texts = {
            "postal_address": _("Stands at the end of each mail; the law asks for it in many countries."),
            "from_name": _("Empty: the name of the business."),
            "from_email": _("Mails come from this address."),
            "reply_to": _("Empty: replies go to the sender address."),
            "tracking": _("Of who reads your mails. Customers may choose otherwise on their own page."),
            "holdout_percent": _(
                "So many of 100 customers get no campaign for three months, then others: what they buy would"
                " have come anyway. 0: nobody."
            ),
            "cost_per_mail": _("What your mail provider asks for one; for the account of each campaign."),
            "margin_percent": _("What stays of 100 of revenue after the goods are paid."),
            "discount_rate": _("Money that comes in a year is worth so much less to you than money today."),
            "value_months": _("The value of a customer is what they will probably leave you in this time."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        known = self.instance.acquisition_costs.items()
        self.initial["costs"] = "\n".join(f"{name} = {cost}" for name, cost in known)
        current = self.instance.currency
        if current not in _codes():  # Keep what an import or a script has set.
            self.fields["currency"].choices = [(current, current), *currencies()]  # type: ignore[attr-defined]

    def clean_costs(self) -> dict[str, str]:
        costs: dict[str, str] = {}
        for line in self.cleaned_data["costs"].splitlines():
            if not line.strip():
                continue
            found = re.fullmatch(r"\s*(.+?)\s*[=:：]\s*([\d.,]+)\s*", line)
            try:
                cost = Decimal(found[2].replace(",", ".")) if found else Decimal("NaN")
            except InvalidOperation:
                cost = Decimal("NaN")
            if not found or not cost.is_finite():
                reason = gettext("“%(line)s” is not understood. Write it like: web = 4.50")
                raise forms.ValidationError(reason % {"line": line.strip()[:60]})
            costs[found[1]] = str(cost)
        return costs

    def save(self, commit: bool = True) -> Business:
        self.instance.acquisition_costs = self.cleaned_data["costs"]
        business: Business = super().save(commit)
        return business


class ShopForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """Step two of the first run: only what nothing works without."""

    currency = forms.ChoiceField(label=_("Currency"), choices=currencies)
    language = forms.ChoiceField(label=_("Language of mails to customers"), choices=settings.LANGUAGES)

    class Meta:
        model = Business
        fields = ["name", "currency", "time_zone", "language"]
