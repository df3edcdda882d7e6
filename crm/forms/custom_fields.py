"""Defining a field of one's own."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import custom_fields
from crm.forms.look import Look
from crm.models import CustomField
from crm.sensitive import READERS


class CustomFieldForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """Label, kind and choices; the key is made once and stays, because rules and imports name it."""

    options = forms.CharField(
        label=_("Choices"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Only for the kind “Choice”: one a line."),
    )

    sensitive = forms.BooleanField(
        label=_("Sensitive"),
        required=False,
        help_text=_(
            "Kept encrypted and opened one by one; each look is written down. "
            "Not in lists, search, segments, mails, imports and the API."
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
        fields = ["label", "kind", "position", "readers"]
        help_texts = {"position": _("Smaller numbers come first.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["sensitive"] = self.instance.sensitive and self.instance.moving != "opening"
        self.order_fields(["label", "kind", "options", "position", "sensitive", "readers"])
        self.initial["options"] = "\n".join(str(one) for one in self.instance.choices)
        if self.instance.pk and custom_fields.used_by(self.instance):
            self.fields["kind"].disabled = True
            self.fields["kind"].help_text = _("Customers have values already, so the kind stays.")

    def clean_options(self) -> list[str]:
        lines = (line.strip()[:80] for line in self.cleaned_data["options"].splitlines())
        return list(dict.fromkeys(line for line in lines if line))

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("kind") == CustomField.Kind.CHOICE and not data.get("options"):
            self.add_error("options", gettext("Give at least one choice."))
        return data

    def save(self, commit: bool = True) -> CustomField:
        self.instance.choices = self.cleaned_data["options"]
        self.instance.key = self.instance.key or custom_fields.new_key(self.cleaned_data["label"])
        field: CustomField = super().save(commit)
        return field
