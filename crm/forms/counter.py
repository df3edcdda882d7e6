"""The form of the counter: who, what, how much off; and the form of a subscription."""

from __future__ import annotations

import uuid
from datetime import date
from decimal import Decimal, InvalidOperation
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import masking
from crm.forms.look import DateInput, Look
from crm.models import Subscription
from crm.sales import ZERO, Line, product_called

NOBODY, NEW = "nobody", "new"
CENT = Decimal("0.01")


class CounterForm(Look, forms.Form):
    """`who` is a customer's public id, "new" (then `q` says who) or "nobody"."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    q = forms.CharField(
        label=_("Phone, name or e-mail"),
        max_length=100,
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "autofocus": True, "spellcheck": "false"}),
    )
    who = forms.CharField(max_length=20, required=False)
    discount = forms.CharField(
        label=_("Discount"),
        max_length=20,
        required=False,
        widget=forms.TextInput(
            attrs={"autocomplete": "off", "inputmode": "decimal", "placeholder": "10% / 2.50"}
        ),
    )

    def clean_who(self) -> str:
        who: str = self.cleaned_data["who"]
        if not who:
            raise forms.ValidationError(gettext("Choose who buys, or “Without a name”."))
        return who

    def discount_of(self, lines: list[Line]) -> Decimal | None:
        """How much is taken off these lines; None, with an error at the place, when that cannot be."""
        text = str(self.cleaned_data.get("discount") or "").replace(" ", "").replace("％", "%")
        total = sum((line.amount for line in lines), ZERO)
        share = text.endswith("%")
        try:
            number = Decimal(text.rstrip("%").replace(",", ".") or "0")
        except InvalidOperation:
            number = Decimal("NaN")
        if not number.is_finite() or number < 0:
            self.add_error("discount", gettext("Write an amount like 2.50 or a share like 10%."))
            return None
        off = (total * number / 100 if share else number).quantize(CENT) if number < 10**9 else total + 1
        if off > total:
            self.add_error("discount", gettext("This is more than the whole sale."))
            return None
        return off


class SubscriptionForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """What is paid again and again; the product by its name, as in a sale."""

    product_name = forms.CharField(
        label=_("What for"),
        max_length=120,
        widget=forms.TextInput(attrs={"list": "products", "autocomplete": "off"}),
        help_text=_("A product that is not known yet is added to your products."),
    )

    class Meta:
        model = Subscription
        fields = ["amount", "interval", "started_on", "renews_on", "ends_on", "renews_itself"]
        widgets = {"started_on": DateInput(), "renews_on": DateInput(), "ends_on": DateInput()}
        help_texts = {
            "renews_itself": _(
                "The purchase is written down on the day, every time. Else you do it by hand."
            ),
            "ends_on": _("Leave empty when it goes on until somebody cancels it."),
        }

    field_order = ["product_name", "amount", "interval", "started_on", "renews_on", "ends_on"]

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["amount"] = forms.DecimalField(
            label=_("Amount"), min_value=ZERO, max_digits=12, decimal_places=2,
            widget=forms.NumberInput(attrs={"class": "form-control", "step": "0.01"}),
        )  # fmt: skip
        self.order_fields(self.field_order)
        if self.instance.pk:
            self.initial["product_name"] = self.instance.product.name
            self.initial["amount"] = self.instance.amount.quantize(CENT)
        else:
            self.initial.setdefault("started_on", today)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        starts, renews, ends = (data.get(name) for name in ("started_on", "renews_on", "ends_on"))
        if starts and renews and renews < starts:
            self.add_error("renews_on", gettext("This is before the first day."))
        far = date(self.today.year + 20, 1, 1)
        if renews and (renews > far or renews < date(self.today.year - 3, 1, 1)):
            self.add_error("renews_on", gettext("Please check the year."))
        if starts and not date(1970, 1, 1) <= starts <= far:
            self.add_error("started_on", gettext("Please check the year."))
        if starts and ends and ends < starts:
            self.add_error("ends_on", gettext("This is before the first day."))
        return data

    def save(self, commit: bool = True) -> Subscription:
        one: Subscription = super().save(commit=False)
        one.product = product_called(self.cleaned_data["product_name"], price=one.amount)
        if "renews_on" in self.changed_data:
            one.anchor_day = one.renews_on.day
        if commit:
            assert not masking.active()
            one.save()
        return one
