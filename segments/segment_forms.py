"""Forms about segments and lists kept by hand."""

from __future__ import annotations

import re

from django import forms
from django.utils.translation import gettext_lazy as _

from segments.models import Segment


class SegmentForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Segment
        fields = ["name", "description"]
        widgets = {
            "name": forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
            "description": forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        }


class PasteForm(forms.Form):
    """E-mails or customer numbers, as they stand in a column of a sheet or in a mail."""

    people = forms.CharField(
        label=_("E-mails or customer numbers"),
        max_length=200_000,
        widget=forms.Textarea(attrs={"class": "form-control", "rows": 4}),
        help_text=_("One per line, or with commas between them."),
    )

    def clean_people(self) -> list[str]:
        parts = [part.strip() for part in re.split(r"[\s,;，；、]+", self.cleaned_data["people"])]
        return list(dict.fromkeys(part for part in parts if part))
