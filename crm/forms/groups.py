"""A household or company, and the role of somebody in it."""

from __future__ import annotations

from django import forms
from django.utils.translation import gettext_lazy as _

from crm.forms.look import Look
from crm.models import Group


class GroupForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Group
        fields = ["kind", "name", "domain", "address"]
        help_texts = {"domain": _("Of a company, for example teahouse.example.")}

    def clean_domain(self) -> str:
        text = str(self.cleaned_data["domain"]).strip().casefold()
        return text.removeprefix("https://").removeprefix("http://").removeprefix("www.").strip("/@")


class RoleForm(Look, forms.Form):
    role = forms.CharField(label=_("Role"), max_length=80, required=False)
