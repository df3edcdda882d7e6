"""Forms of RFM: which groups, which cut points and for how long."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.forms.look import DateInput, Look
from segments.models import RfmChoice
from segments.numerics.rfm import LEVELS, CutPoints
from segments.rfm import cuts as rfm_cuts

LARGEST_DAYS, LARGEST_ORDERS = 36_500, 1_000_000
TITLES = {"recency": _("days"), "frequency": _("orders"), "monetary": _("revenue")}


class MapForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = RfmChoice
        fields = ["names", "middle"]
        widgets = {"names": forms.RadioSelect, "middle": forms.RadioSelect}
        help_texts = {
            "middle": _(
                "Only for the eight classes: better than the middle is high, equal to it or worse is low. We"
                " suggest the median, because one big buyer moves the mean."
            )
        }

    def clean_names(self) -> str:
        names = str(self.cleaned_data["names"])
        if names == RfmChoice.Names.OWN and not self.instance.own:
            raise forms.ValidationError(_("You have no groups of your own yet. Draw them first, below."))
        return names


class CutsForm(Look, forms.Form):
    """Four rising limits per measure, and a middle each for the eight classes."""

    period = forms.ChoiceField(
        label=_("These cut points hold"), choices=RfmChoice.Period.choices, required=False
    )
    renew_on = forms.DateField(
        label=_("Found anew on"),
        required=False,
        widget=DateInput,
        help_text=_("Empty: by the period above, counted from today."),
    )

    def __init__(self, *args: Any, choice: RfmChoice, cuts: CutPoints, today: date, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.today, self.cuts = today, cuts
        self.fields["period"].initial = choice.period
        self.fields["renew_on"].initial = choice.renew_on if choice.period else None
        for measure in rfm_cuts.MEASURES:
            for place, value in enumerate(getattr(cuts, measure)):
                self._add(f"{measure}_{place}", measure, value, _label(measure, place))
        for measure, value in zip(rfm_cuts.MEASURES, cuts.middle, strict=False):
            self._add(
                f"middle_{measure}", "monetary" if measure == "monetary" else "middle", value, _("Middle")
            )
        for name, field in self.fields.items():
            if name not in {"period", "renew_on"}:
                field.widget.attrs["class"] = "form-control"

    def _add(self, name: str, measure: str, value: float, label: Any) -> None:
        shown = rfm_cuts.shown(value, measure)
        if measure in {"recency", "frequency"}:
            most = LARGEST_DAYS if measure == "recency" else LARGEST_ORDERS
            self.fields[name] = forms.IntegerField(
                label=label, min_value=0, max_value=most, initial=int(shown)
            )
        else:
            self.fields[name] = forms.DecimalField(
                label=label, max_digits=16, decimal_places=4, initial=f"{shown:f}"
            )

    def rows(self) -> list[tuple[str, list[tuple[int, Any]]]]:
        """Per measure its fields with the scores that they end."""
        found = []
        for measure, title in TITLES.items():
            fields = [(_score(measure, place), self[f"{measure}_{place}"]) for place in range(LEVELS - 1)]
            found.append((str(title), fields))
        return found

    def middles(self) -> list[tuple[str, Any]]:
        names = [(title, f"middle_{measure}") for measure, title in TITLES.items()]
        return [(str(title), self[name]) for title, name in names if name in self.fields]

    def clean(self) -> dict[str, Any]:
        asked: dict[str, Any] = super().clean() or {}
        for measure in rfm_cuts.MEASURES:
            self._must_rise(measure, asked)
        renew_on, period = asked.get("renew_on"), asked.get("period", "")
        if renew_on and renew_on <= self.today:
            self.add_error("renew_on", _("This day must lie ahead."))
        if not period and self._are_changed():
            self.add_error(
                "period", _("The next refresh would replace what you changed. Say how long it should hold.")
            )
        return asked

    def _must_rise(self, measure: str, asked: dict[str, Any]) -> None:
        before = None
        for place in range(LEVELS - 1):
            value = asked.get(f"{measure}_{place}")
            if value is not None and before is not None and value < before:
                text = gettext("Must not be less than the limit before it, %(before)s.")
                self.add_error(f"{measure}_{place}", text % {"before": before})
            before = value if value is not None else before

    def _are_changed(self) -> bool:
        return any(name not in {"period", "renew_on"} for name in self.changed_data)

    def found(self) -> CutPoints:
        """What was typed; what stands as it was shown keeps its exact value."""
        recency, frequency, monetary = (
            tuple(
                self._exact(f"{measure}_{place}", value)
                for place, value in enumerate(getattr(self.cuts, measure))
            )
            for measure in rfm_cuts.MEASURES
        )
        middle = tuple(
            self._exact(f"middle_{measure}", value)
            for measure, value in zip(rfm_cuts.MEASURES, self.cuts.middle, strict=False)
        )
        return CutPoints(recency, frequency, monetary, middle)

    def _exact(self, name: str, value: float) -> float:
        return float(Decimal(self.cleaned_data[name])) if name in self.changed_data else value


def _score(measure: str, place: int) -> int:
    return LEVELS - place if measure == "recency" else place + 1


def _label(measure: str, place: int) -> str:
    return gettext("Score %(score)d: up to") % {"score": _score(measure, place)}
