"""Which question shall fill which own field."""

from __future__ import annotations

from itertools import groupby
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm import custom_fields
from crm.forms.look import Look
from crm.models import CustomField
from feedback import attitudes
from feedback.models import Attitude


class AttitudeForm(Look, forms.Form):
    question = forms.ChoiceField(label=_("Question"))
    field = forms.ModelChoiceField(
        CustomField.objects.none(),
        label=_("Own field"),
        required=False,
        empty_label=_("a new field"),
        help_text=_("Answers replace what stands in it: the latest one always counts."),
    )
    label = forms.CharField(
        label=_("Name of the new field"),
        max_length=80,
        required=False,
        help_text=_("Empty: the words of the question."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.askable = {one.code: one for one in attitudes.askable()}
        grouped = groupby(self.askable.values(), key=lambda one: one.survey.name)
        choices = [(name, [(one.code, one.label) for one in rows]) for name, rows in grouped]
        self.fields["question"].choices = choices  # type: ignore[attr-defined]
        taken = Attitude.objects.values("field_id")
        self.fields["field"].queryset = custom_fields.plain().exclude(pk__in=taken)  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        asked, field = self.askable.get(said.get("question", "")), said.get("field")
        if asked and field and not attitudes.fits(asked, field):
            kinds = ", ".join(str(CustomField.Kind(kind).label) for kind in attitudes.FITTING[asked.kind])
            self.add_error(
                "field", _("Answers to this question need a field of the kind: %(kinds)s.") % {"kinds": kinds}
            )
        return said

    def save(self) -> Attitude:
        asked = self.askable[self.cleaned_data["question"]]
        label = self.cleaned_data["label"].strip() or asked.label[:80]
        return attitudes.connect(asked, self.cleaned_data["field"], label)
