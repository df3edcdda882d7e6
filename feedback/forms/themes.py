"""Forms for topics."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.errors import Refusal
from crm.forms.look import Look
from feedback import theming
from feedback.models import Theme


class ThemeForm(Look, forms.Form):
    label = forms.CharField(label=_("Name"), max_length=80)
    pinned = forms.CharField(
        label=_("Words that always mean it"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Between commas, in any language. A comment with one of them has this topic."),
    )
    dropped = forms.MultipleChoiceField(
        label=_("Found words that mislead"), required=False, widget=forms.CheckboxSelectMultiple
    )
    is_hidden = forms.BooleanField(label=_("Do not show this topic"), required=False)

    def __init__(self, data: Any, *, theme: Theme) -> None:
        start = {"label": str(theme), "pinned": ", ".join(theme.pinned), "is_hidden": theme.is_hidden}
        super().__init__(data, initial=start)
        self.fields["dropped"].choices = [(one, one) for one in theme.words]  # type: ignore[attr-defined]

    def clean_pinned(self) -> list[str]:
        return _words(self.cleaned_data["pinned"])


class NewThemeForm(Look, forms.Form):
    label = forms.CharField(label=_("Name"), max_length=80)
    pinned = forms.CharField(
        label=_("Words that customers use for it"),
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("Between commas, in any language. A comment with one of them has this topic."),
    )

    def clean_pinned(self) -> list[str]:
        return _words(self.cleaned_data["pinned"])


class MergeForm(Look, forms.Form):
    into = forms.ModelChoiceField(Theme.objects.none(), label=_("Merge into"))

    def __init__(self, data: Any, *, theme: Theme) -> None:
        super().__init__(data)
        others = Theme.objects.filter(is_hidden=False).exclude(pk=theme.pk)
        self.fields["into"].queryset = others  # type: ignore[attr-defined]


class SplitForm(Look, forms.Form):
    label = forms.CharField(label=_("Name of the new topic"), max_length=80)
    moved = forms.MultipleChoiceField(label=_("Words that go over"), widget=forms.CheckboxSelectMultiple)

    def __init__(self, data: Any, *, theme: Theme) -> None:
        super().__init__(data)
        self.fields["moved"].choices = [(one, one) for one in theme.weights]  # type: ignore[attr-defined]


def _words(text: str) -> list[str]:
    try:
        return theming.read_words(text)
    except Refusal as refusal:
        raise forms.ValidationError(str(refusal)) from refusal
