"""Forms about segments and lists kept by hand."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _
from django.utils.translation import pgettext_lazy

from crm.forms.look import DateInput
from crm.forms.look import Look as DressedForm
from segments.models import Segment

EARLIEST = 1971


class SegmentForm(forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Segment
        fields = ["name", "description"]
        widgets = {
            "name": forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
            "description": forms.TextInput(attrs={"class": "form-control", "autocomplete": "off"}),
        }


def _one_of_all(label: Any, *, required: bool = True) -> forms.ModelChoiceField:  # type: ignore[type-arg]
    every = Segment.objects.order_by("name")
    return forms.ModelChoiceField(every, label=label, to_field_name="slug", required=required)


class CompareForm(DressedForm, forms.Form):
    """Two or three different segments, by their short names."""

    a = _one_of_all(pgettext_lazy("segment", "First"))
    b = _one_of_all(pgettext_lazy("segment", "Second"))
    c = _one_of_all(pgettext_lazy("segment", "Third"), required=False)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        seen: list[Segment] = []
        for name in ("a", "b", "c"):
            one = data.get(name)
            if one in seen:
                self.add_error(name, _("Choose another one: this is there already."))
            elif one:
                seen.append(one)
        return data

    @property
    def chosen(self) -> list[Segment]:
        return [one for name in ("a", "b", "c") if (one := self.cleaned_data.get(name))]


class DayForm(DressedForm, forms.Form):
    """A day of the past, or today."""

    on = forms.DateField(label=_("Day"), widget=DateInput())

    def __init__(self, *args: Any, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today = today
        self.fields["on"].widget.attrs["max"] = today.isoformat()

    def clean_on(self) -> date:
        day: date = self.cleaned_data["on"]
        if day > self.today:
            raise forms.ValidationError(_("This day is still to come."))
        if day.year < EARLIEST:
            raise forms.ValidationError(_("Nothing is known of a time so long ago."))
        return day


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
