"""Forms at the counter: a sale of a few lines, and money back."""

from __future__ import annotations

import uuid
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from django import forms
from django.urls import reverse_lazy
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.forms.look import Look, MomentInput
from crm.models import Purchase
from crm.models.purchase import LARGEST
from crm.sales import Line

LINES = 5
TOO_LARGE = _("This is too large to be true. A sale must stay below 10,000,000,000.")


class SaleForm(Look, forms.Form):
    """When, and a hidden key so that a form sent twice is one sale."""

    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    bought_at = forms.DateTimeField(label=_("When"), widget=MomentInput())

    def clean_bought_at(self) -> datetime:
        moment: datetime = self.cleaned_data["bought_at"]
        if moment > timezone.now() + timedelta(minutes=5):
            raise forms.ValidationError(gettext("This moment has not come yet."))
        return moment


class LineForm(Look, forms.Form):
    product = forms.CharField(
        label=_("Product"),
        max_length=120,
        required=False,
        widget=forms.TextInput(
            attrs={
                "list": "products",
                "autocomplete": "off",
                "hx-get": reverse_lazy("crm:product_names"),
                "hx-trigger": "input changed delay:250ms",
                "hx-target": "#products",
            }
        ),
    )
    quantity = forms.DecimalField(
        label=_("Quantity"), min_value=Decimal("0.001"), max_digits=9, decimal_places=3, required=False
    )
    price = forms.DecimalField(
        label=_("Price of one"), min_value=0, max_digits=12, decimal_places=2, required=False
    )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        given = [name for name in ("product", "quantity", "price") if data.get(name) not in (None, "")]
        if given and "product" not in given and "product" not in self.errors:
            self.add_error("product", gettext("What was sold?"))
        if "product" in given and data.get("price") is None and "price" not in self.errors:
            self.add_error("price", gettext("What did one cost?"))
        if (data.get("price") or 0) * (data.get("quantity") or 1) >= LARGEST:
            self.add_error("price", TOO_LARGE)
        return data

    @property
    def line(self) -> Line | None:
        data = self.cleaned_data
        if not data.get("product"):
            return None
        quantity = data["quantity"] if data["quantity"] is not None else Decimal(1)
        return Line(data["product"], quantity, data["price"])


class BaseLines(forms.BaseFormSet):  # type: ignore[type-arg]
    def clean(self) -> None:
        if not any(self.errors) and not self.lines:
            raise forms.ValidationError(gettext("Fill in at least one line."))
        if not any(self.errors) and sum(line.amount for line in self.lines) >= LARGEST:
            raise forms.ValidationError(TOO_LARGE)

    @property
    def lines(self) -> list[Line]:
        return [line for form in self.forms if (line := form.line)]


class LineFormSet(
    forms.formset_factory(LineForm, formset=BaseLines, extra=LINES, max_num=50)  # type: ignore[misc]
):
    """The lines of one sale; those left empty do not count."""


class RefundForm(Look, forms.Form):
    key = forms.UUIDField(widget=forms.HiddenInput, initial=uuid.uuid4)
    amount = forms.DecimalField(
        label=_("Amount to give back"), min_value=Decimal("0.01"), max_digits=12, decimal_places=2
    )

    def __init__(self, *args: Any, purchase: Purchase, **kwargs: Any) -> None:
        self.left = purchase.charged - purchase.refunded
        super().__init__(*args, **kwargs)
        self.fields["amount"].widget.attrs["max"] = f"{self.left:.2f}"

    def clean_amount(self) -> Decimal:
        amount: Decimal = self.cleaned_data["amount"]
        if amount > self.left:
            raise forms.ValidationError(
                gettext("Only %(left)s is left of this order.") % {"left": f"{self.left:.2f}"}
            )
        return amount
