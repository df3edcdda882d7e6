"""Forms about the team: how long the audit log is kept, who is invited, codes of the second factor."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.forms.look import Look
from crm.models import Business, User


class KeptForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Business
        fields = ["audit_days"]


class TeamForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """What holds for everybody."""

    class Meta:
        model = Business
        fields = ["requires_codes", "solo"]
        help_texts = {
            "requires_codes": _("At the next page everybody is asked to set up an authenticator app."),
            "solo": _("Hides whose customer it is and who is assigned: nothing to choose for one person."),
        }


class MemberForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """Role and scope of a member."""

    class Meta:
        model = User
        fields = ["role", "scope"]


class CodeForm(Look, forms.Form):
    code = forms.CharField(
        label=_("Code"),
        max_length=40,
        widget=forms.TextInput(
            attrs={"autocomplete": "one-time-code", "inputmode": "text", "autofocus": True}
        ),
    )


class HandOverForm(Look, forms.Form):
    """Whose customers go to whom."""

    source = forms.ChoiceField(label=_("Customers of"))
    target = forms.ChoiceField(label=_("go to"))

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people = [(str(one.pk), str(one)) for one in User.objects.order_by("name", "email")]
        active = {str(pk) for pk in User.objects.filter(is_active=True).values_list("pk", flat=True)}
        nobody = ("none", gettext("nobody"))
        self.fields["source"].choices = [nobody, *people]  # type: ignore[attr-defined]
        self.fields["target"].choices = [one for one in people if one[0] in active] + [nobody]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("source") and data.get("source") == data.get("target"):
            raise forms.ValidationError(gettext("Choose two different people."))
        return data
