"""Writing down a call, a meeting, a chat, a mail or a note."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.forms.look import DateInput, Look, MomentInput
from crm.talks import Talk

KINDS = [
    ("call", _("Call")),
    ("meeting", _("Meeting")),
    ("chat", _("Chat")),
    ("email", _("E-mail")),
    ("note", _("Note")),
]
OUTCOMES = (_("Reached"), _("Not reached"), _("Left a message"), _("Agreed"), _("Declined"))


class TalkForm(Look, forms.Form):
    kind = forms.ChoiceField(label=_("What it was"), choices=KINDS)
    at = forms.DateTimeField(label=_("When"), widget=MomentInput())
    text = forms.CharField(
        label=_("What was said"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 4}),
        error_messages={"required": _("Write something first.")},
    )
    minutes = forms.IntegerField(label=_("Minutes it took"), required=False, min_value=1, max_value=1440)
    outcome = forms.CharField(
        label=_("Outcome"), required=False, max_length=120, widget=forms.TextInput(attrs={"list": "outcomes"})
    )
    follow_up = forms.CharField(
        label=_("What to do next"),
        required=False,
        max_length=200,
        help_text=_("Becomes a task of yours."),
    )
    follow_on = forms.DateField(label=_("Until"), required=False, widget=DateInput())
    outcomes = OUTCOMES

    def __init__(self, *args: Any, now: datetime, fresh: bool = True, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.now = now
        if not fresh:
            del self.fields["follow_up"], self.fields["follow_on"]

    def clean_at(self) -> datetime:
        at: datetime = self.cleaned_data["at"]
        if at > self.now:
            raise forms.ValidationError(gettext("This moment has not come yet. For plans, make a task."))
        return at

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("follow_on") and not data.get("follow_up"):
            self.add_error("follow_up", gettext("Write what there is to do."))
        return data

    def talk(self) -> Talk:
        return Talk(**{name: value for name, value in self.cleaned_data.items() if value is not None})
