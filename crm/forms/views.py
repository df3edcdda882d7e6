"""Forms around the customer list: saving a view, giving a filter its value."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.forms.look import DateInput, Look
from crm.listing.filters import Filter, Kind
from crm.listing.values import ANY, DAYS, NONE, day_span, number_span
from crm.models import CustomerView


class ViewForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = CustomerView
        fields = ["name", "place"]


class FilterForm(Look, forms.Form):
    """Asks for the value of one filter and writes it as the address does."""

    def __init__(self, one: Filter, value: str = "", data: Any = None) -> None:
        super().__init__(data)
        self.one = one
        build = {
            Kind.TEXT: self._text,
            Kind.CHOICE: self._choice,
            Kind.NUMBER: self._number,
            Kind.DAY: self._day,
        }
        build[one.kind](value)
        if one.may_miss:
            choices = [("", _("Has this value")), (ANY, _("Is known")), (NONE, _("Is not known"))]
            self.fields["known"] = forms.ChoiceField(
                label=_("Is it known?"),
                required=False,
                choices=choices,
                initial=value if value in (ANY, NONE) else "",
            )
        self._dress_all()

    def _dress_all(self) -> None:
        for field in self.fields.values():
            name = "form-select" if isinstance(field.widget, forms.Select) else "form-control"
            field.widget.attrs.setdefault("class", name)

    def _text(self, value: str) -> None:
        shown = "" if value in (ANY, NONE) else value
        self.fields["value"] = forms.CharField(
            label=_("Contains"), required=False, max_length=200, initial=shown
        )

    def _choice(self, value: str) -> None:
        assert self.one.choices
        choices = self.one.choices()
        if value and value not in (ANY, NONE, *dict(choices)):
            choices = [*choices, (value, value)]
        self.fields["value"] = forms.ChoiceField(
            label=_("Is"), required=False, choices=[("", "–"), *choices], initial=value
        )

    def _number(self, value: str) -> None:
        span = number_span(value)
        widget = forms.TextInput({"inputmode": "decimal"})
        for name, label, found in (
            ("least", _("At least"), span and span.least),
            ("greatest", _("At most"), span and span.greatest),
        ):
            self.fields[name] = forms.DecimalField(
                label=label, required=False, initial=found, localize=True, widget=widget
            )

    def _day(self, value: str) -> None:
        near = DAYS.fullmatch(value)
        span = None if near else day_span(value, timezone.localdate())
        self.fields["days"] = forms.IntegerField(
            label=_("Days"), required=False, min_value=0, max_value=36500, initial=near and near["days"]
        )
        self.fields["side"] = forms.ChoiceField(
            label=_("That is"),
            required=False,
            choices=[("<", _("in the last days")), (">", _("longer ago"))],
            initial=near["sign"] if near else "<",
        )
        for name, label, found in (
            ("least", _("From"), span and span.least),
            ("greatest", _("Until"), span and span.greatest),
        ):
            self.fields[name] = forms.DateField(
                label=label, required=False, initial=found, widget=DateInput()
            )

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if not self.errors and not self.written(data):
            raise forms.ValidationError(_("Say what to look for."))
        return data

    def written(self, data: dict[str, Any]) -> str:
        """The value as the address carries it; "" when nothing was said."""
        if data.get("known"):
            return str(data["known"])
        if self.one.kind in (Kind.TEXT, Kind.CHOICE):
            return str(data.get("value") or "")
        if data.get("days") is not None:
            return f"{data.get('side') or '<'}{data['days']}d"
        least, greatest = data.get("least"), data.get("greatest")
        if least is None and greatest is None:
            return ""
        return f"{'' if least is None else least}..{'' if greatest is None else greatest}"

    @property
    def value(self) -> str:
        return self.written(self.cleaned_data)
