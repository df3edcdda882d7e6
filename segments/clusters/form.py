"""What a clustering is asked for."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from segments.clusters import columns, laboratory, words
from segments.numerics.clustering import K_RANGE

AUTO = "auto"
COVARIANCES = [
    ("", _("The best by BIC")),
    ("full", _("Each its own shape")),
    ("tied", _("All the same shape")),
    ("diag", _("Stretched along the features")),
    ("spherical", _("Round")),
]


def _select(**more: Any) -> forms.Select:
    return forms.Select(attrs={"class": "form-select", **more})


def _input(**more: Any) -> forms.NumberInput:
    return forms.NumberInput(attrs={"class": "form-control", **more})


class ClusterForm(forms.Form):
    features = forms.MultipleChoiceField(
        label=_("Group customers by"),
        widget=forms.CheckboxSelectMultiple(attrs={"class": "form-check-input"}),
        error_messages={"required": _("Choose at least one feature.")},
    )
    method = forms.ChoiceField(
        label=_("Method"),
        choices=list(words.METHODS.items()),
        initial="kmeans",
        required=False,
        help_text=_(
            "K-Means finds round groups, the mixture stretched ones, Ward joins them step by step. DBSCAN and"
            " HDBSCAN find dense places and leave unusual customers out."
        ),
        widget=_select(),
    )
    k = forms.ChoiceField(
        label=_("How many clusters"),
        choices=[(AUTO, _("As many as fit best")), *((str(k), str(k)) for k in K_RANGE)],
        initial=AUTO,
        help_text=_("DBSCAN and HDBSCAN find the number themselves."),
        widget=_select(),
    )
    scaling = forms.ChoiceField(
        label=_("Make numbers comparable"),
        choices=[
            ("standard", _("Yes, by their usual spread")),
            ("robust", _("Yes, by their middle half")),
            ("none", _("No, take them as they are")),
        ],
        help_text=_("Else the number with the largest figures decides alone."),
        widget=_select(),
    )
    seed = forms.IntegerField(
        label=_("Seed"),
        initial=1,
        min_value=0,
        max_value=2**31 - 1,
        help_text=_("The same seed gives the same clusters again."),
        widget=_input(),
    )
    covariance = forms.ChoiceField(
        label=_("Gaussian mixture: shape of the groups"),
        choices=COVARIANCES,
        required=False,
        widget=_select(),
    )
    eps = forms.FloatField(
        label=_("DBSCAN: how near neighbours are"),
        required=False,
        min_value=0.000001,
        max_value=1_000_000,
        help_text=_("In comparable units. Empty: where the curve of distances bends."),
        widget=_input(step="any"),
    )
    min_points = forms.IntegerField(
        label=_("DBSCAN, HDBSCAN: neighbours that make a place dense"),
        required=False,
        min_value=2,
        max_value=1000,
        help_text=_("Empty: twice the number of features for DBSCAN, five for HDBSCAN."),
        widget=_input(),
    )
    min_size = forms.IntegerField(
        label=_("HDBSCAN: the smallest cluster"),
        required=False,
        min_value=2,
        max_value=100_000,
        help_text=_("Empty: one in fifty."),
        widget=_input(),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["features"]
        assert isinstance(field, forms.MultipleChoiceField)
        known = columns.features()
        self.categories = {name for name, one in known.items() if one.is_category}
        field.choices = [(name, one.label) for name, one in known.items()]
        field.initial = list(laboratory.first_features())

    @property
    def boxes(self) -> list[tuple[bool, list[Any]]]:
        """The features to tick: numbers, then categories."""
        both: dict[bool, list[Any]] = {False: [], True: []}
        for box in self["features"]:
            both[box.data["value"] in self.categories].append(box)
        return [(is_category, boxes) for is_category, boxes in both.items() if boxes]

    def clean_features(self) -> list[str]:
        chosen: list[str] = self.cleaned_data["features"]
        if len(chosen) > laboratory.MOST_FEATURES:
            raise forms.ValidationError(
                _("Choose at most %(most)d features."), params={"most": laboratory.MOST_FEATURES}
            )
        return chosen

    @property
    def wish(self) -> dict[str, Any]:
        """The keywords of `clusters.prepare`."""
        data = self.cleaned_data
        method = data["method"] or "kmeans"
        dense = method in {"dbscan", "hdbscan"}
        return {
            "k": None if data["k"] == AUTO or dense else int(data["k"]),
            "scaling": data["scaling"],
            "seed": data["seed"],
            "choice": laboratory.Choice(
                method,
                data["eps"] if method == "dbscan" else None,
                data["min_points"] if dense else None,
                data["min_size"] if method == "hdbscan" else None,
                data["covariance"] or None if method == "gmm" else None,
            ),
        }
