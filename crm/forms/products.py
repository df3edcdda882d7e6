"""What a product is called, whether there is any, and how it is bought."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms.look import Look
from crm.models import Product


class ProductForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Product
        fields = ["name", "category", "price", "is_in_stock", "nature"]
        help_texts = {
            "is_in_stock": _("What is not in stock is recommended to nobody."),
            "nature": _(
                "What is bought once is never recommended to somebody who has it; what is used up, again"
                " after the usual time. Not said: not recommended twice."
            ),
        }
