"""What a clustering is asked for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from segments import clusters, frames
from segments.numerics.clustering import K_RANGE

AUTO = "auto"


class ClusterForm(forms.Form):
    features = forms.MultipleChoiceField(
        label=_("Group customers by"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one number.")},
    )
    k = forms.ChoiceField(
        label=_("How many clusters"),
        choices=[(AUTO, _("As many as fit best")), *((str(k), str(k)) for k in K_RANGE)],
        initial=AUTO,
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    scaling = forms.ChoiceField(
        label=_("Make numbers comparable"),
        choices=[
            ("standard", _("Yes, by their usual spread")),
            ("robust", _("Yes, by their middle half")),
            ("none", _("No, take them as they are")),
        ],
        help_text=_("Else the number with the largest figures decides alone."),
        widget=forms.Select(attrs={"class": "form-select"}),
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        initial=1,
        min_value=0,
        max_value=2**31 - 1,
        help_text=_("The same seed gives the same clusters again."),
        widget=forms.NumberInput(attrs={"class": "form-control"}),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["features"]
        assert isinstance(field, forms.MultipleChoiceField)
        field.choices = list(frames.choices().items())
        field.initial = list(clusters.DEFAULT_FEATURES)

    def clean_features(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["features"]
        if len(chosen) > clusters.MOST_FEATURES:
            raise forms.ValidationError(
                _("Choose at most %(most)d numbers."), params={"most": clusters.MOST_FEATURES}
            )
        return chosen

    @property
    def wish(self) -> dict[str, Any]:
        """The keywords of `clusters.prepare`."""
        k = self.cleaned_data["k"]
        return {
            "k": None if k == AUTO else int(k),
            "scaling": self.cleaned_data["scaling"],
            "seed": self.cleaned_data["seed"],
        }
