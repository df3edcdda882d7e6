"""What one person wishes about marketing mail."""

from __future__ import annotations

from django import forms
from django.core.validators import MaxValueValidator
from django.utils.translation import gettext_lazy as _

from crm.forms.look import DateInput, Look
from crm.models import Channel, ContactWish


class WishForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    channel = forms.ChoiceField(
        label=_("Prefers"), required=False, choices=lambda: [("", _("No wish")), *Channel.choices]
    )
    at_most = forms.IntegerField(
        label=_("Marketing mails in 30 days, at most"),
        required=False,
        min_value=0,
        validators=[MaxValueValidator(100)],
        help_text=_("Empty: as your rules say."),
    )

    class Meta:
        model = ContactWish
        fields = ["at_most", "pause_until", "channel"]
        widgets = {"pause_until": DateInput()}
