"""Defining a field of one's own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import accounts, custom_fields, field_kinds, field_rules
from crm.forms.look import Look
from crm.models import Business, CustomField
from crm.sensitive import READERS

WITH_CHOICES = (CustomField.Kind.CHOICE, CustomField.Kind.CHOICES)
MATTERS = {  # Which fields of the form are shown, by the kind or the box that they depend on.
    "options": ("kind", WITH_CHOICES),
    "minimum": ("kind", (*field_rules.NUMBERS, *field_rules.DAYS)),
    "maximum": ("kind", (*field_rules.NUMBERS, *field_rules.DAYS)),
    "pattern": ("kind", field_rules.SHAPED),
    "readers": ("sensitive", ("on",)),
}


def _show_what_matters(form: forms.Form | CustomFieldForm) -> None:
    """Tell the page which fields to hide for now; without a script all stay, with their hints."""
    for name, (on, values) in MATTERS.items():
        if name in form.fields:
            form.fields[name].widget.attrs |= {"data-matters-for": on, "data-matters-when": " ".join(values)}


def _lines(text: str) -> list[str]:
    lines = (line.strip()[:80] for line in text.splitlines())
    return list(dict.fromkeys(line for line in lines if line))


class CustomFieldForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """Label, kind and choices; the key is made once and stays, because rules and imports name it."""

    options = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("For the kinds with choices: one a line."),
    )

    sensitive = forms.BooleanField(
        label=_("Sensitive"),
        required=False,
        help_text=_(
            "Kept encrypted and opened one by one; each look is written down. "
            "Not in lists, search, segments, mails and the API; files may fill it."
            " Saved views that filter by it are deleted."
        ),
    )
    readers = forms.MultipleChoiceField(
        label=_("Who may open it, besides the owner"),
        required=False,
        choices=[(role.value, role.label) for role in READERS],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("Only for sensitive fields."),
    )

    class Meta:
        model = CustomField
        fields = [
            "label", "kind", "help_text", "required", "minimum", "maximum", "pattern", "default", "position",
            "readers",
        ]  # fmt: skip
        help_texts = {
            "position": _("Smaller numbers come first."),
            "minimum": _("For numbers and days."),
            "maximum": _("For numbers and days."),
            "pattern": _("For texts: A is a letter, 9 a digit, * either. Customer cards may be AA-9999."),
            "default": _("Stands there when a customer is added."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["sensitive"] = self.instance.sensitive and self.instance.moving != "opening"
        if accounts.is_solo(Business.current()):  # Nobody else could open it.
            del self.fields["readers"]
        self.order_fields(["label", "kind", "options", "position", "sensitive", "readers"])
        self.initial["options"] = "\n".join(str(one) for one in self.instance.choices)
        _show_what_matters(self)
        if self.instance.pk and custom_fields.used_by(self.instance):
            self.fields["kind"].disabled = True
            self.fields["kind"].help_text = _(
                "Customers have values. “Change the kind …” below shows first what would become of them."
            )

    def clean_options(self) -> list[str]:
        return _lines(self.cleaned_data["options"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("kind") in WITH_CHOICES and not data.get("options"):
            self.add_error("options", gettext("Give at least one choice."))
        self._check_limits(data)
        return data

    def _check_limits(self, data: dict[str, Any]) -> None:
        """Limits and what stands there at first must be values of this kind themselves."""
        plain = CustomField(kind=data.get("kind", ""), choices=data.get("options") or [])
        for name in ("minimum", "maximum"):
            limited = plain.kind in (*field_rules.NUMBERS, *field_rules.DAYS)
            if not data.get(name) or not limited:
                data[name] = ""
                continue
            try:
                data[name] = str(custom_fields.parse(plain, data[name]))[:30]
                if plain.kind in field_rules.DAYS:
                    data[name] = data[name][:10]
            except ValueError as error:
                self.add_error(name, str(error))
        if data.get("default"):
            plain.pattern = data.get("pattern", "")
            plain.minimum, plain.maximum = data.get("minimum", ""), data.get("maximum", "")
            try:
                custom_fields.parse(plain, data["default"])
            except ValueError as error:
                self.add_error("default", str(error))

    def save(self, commit: bool = True) -> CustomField:
        if self.instance.choices != self.cleaned_data["options"]:
            self.instance.grows = False  # From now on a person says what there is to choose from.
        self.instance.choices = self.cleaned_data["options"]
        self.instance.key = self.instance.key or custom_fields.new_key(self.cleaned_data["label"])
        field: CustomField = super().save(commit)
        return field


class KindForm(Look, forms.Form):
    """What a field with values shall become."""

    kind = forms.ChoiceField(label=_("New kind"), choices=CustomField.Kind)
    options = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 4}),
        help_text=_("For the kinds with choices: one a line. Empty: the values in use become the choices."),
    )

    def __init__(self, *args: Any, own: CustomField, **kwargs: Any) -> None:
        self.own = own
        super().__init__(*args, **kwargs)
        _show_what_matters(self)

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        kind, options = data.get("kind"), _lines(data.get("options") or "")
        if kind in WITH_CHOICES:
            options = options or self.own.choices or field_kinds.suggested_choices(self.own)
            if not options:
                self.add_error("options", gettext("There are too many different values. Give the choices."))
        elif kind == self.own.kind:
            self.add_error("kind", gettext("This is its kind already."))
        data["options"] = options if kind in WITH_CHOICES else []
        return data

    @property
    def target(self) -> CustomField:
        """The field as it would become."""
        return field_kinds.as_kind(self.own, self.cleaned_data["kind"], self.cleaned_data["options"])
