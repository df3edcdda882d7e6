"""Changing a tag, and the interests that give tags by themselves."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import tagging
from crm.forms.look import Look
from crm.models import Tag


class TagChangeForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Tag
        fields = ["name", "color", "half_life_days"]
        help_texts = {
            "half_life_days": _(
                "After so many days a weight of 80 counts as 40, after twice as many as 20. Empty: it stays."
            )
        }

    def clean_name(self) -> str:
        name = " ".join(str(self.cleaned_data["name"]).split())
        if tagging.twin(name, but=self.instance):
            raise forms.ValidationError(
                gettext("There is a tag of this name already. Merge the two instead.")
            )
        return name


class TagMergeForm(Look, forms.Form):
    into = forms.ModelChoiceField(Tag.objects.none(), label=_("Merge into"))

    def __init__(self, *args: object, tag: Tag, **kwargs: object) -> None:
        super().__init__(*args, **kwargs)
        self.fields["into"].queryset = Tag.objects.exclude(pk=tag.pk)  # type: ignore[attr-defined]
