"""Forms about sending: a sender, and the house rules of writing to people."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.errors import Refusal
from crm.forms.look import Look
from crm.models import ContactRules, Sender
from crm.outbox import providers, senders


class SenderForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """Who writes and how it leaves. The secret is written, never shown."""

    provider = forms.ChoiceField(
        label=_("Provider"), required=False, choices=lambda: [("", "–"), *providers.choices()]
    )
    password = forms.CharField(
        label=_("Password, or key of the provider"),
        required=False,
        max_length=500,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Kept encrypted. Empty: stays as it is."),
    )

    class Meta:
        model = Sender
        fields = [
            "name", "from_name", "from_email", "reply_to", "return_path", "kind", "host", "port", "security",
            "username", "provider", "provider_domain", "per_minute", "domain_per_minute", "window_messages",
            "window_hours", "is_usual", "is_active",
        ]  # fmt: skip
        help_texts = {
            "host": _("Of a provider: only where it gave you an address of your own."),
            "provider_domain": _("Mailgun: your domain. Mailjet: the secret key. Else empty."),
            "is_usual": _("Campaigns and surveys take it where nobody chooses another."),
        }

    GROUPS = (
        (_("Who writes"), ("name", "from_name", "from_email", "reply_to", "return_path")),
        (
            _("How it leaves"),
            ("kind", "host", "port", "security", "username", "provider", "provider_domain", "password"),
        ),
        (_("How fast"), ("per_minute", "domain_per_minute", "window_messages", "window_hours")),
        (_("Use"), ("is_usual", "is_active")),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.order_fields([name for _title, names in self.GROUPS for name in names])

    @property
    def groups(self) -> list[tuple[str, list[forms.BoundField]]]:
        return [(str(title), [self[name] for name in names]) for title, names in self.GROUPS]

    def clean_from_email(self) -> str:
        return str(self.cleaned_data["from_email"]).strip().lower()

    def clean_return_path(self) -> str:
        """SPF proves the domain that mail comes back to: it must be that of the sender."""
        returns = str(self.cleaned_data["return_path"]).strip().lower()
        if writes := self.cleaned_data.get("from_email"):
            try:
                senders.refuse_foreign(Sender(from_email=writes), returns)
            except Refusal as refusal:
                raise forms.ValidationError(str(refusal)) from refusal
        return returns

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        kind, needs = data.get("kind"), gettext("This kind of connection needs it.")
        if kind == Sender.Kind.SMTP and not data.get("host"):
            self.add_error("host", needs)
        if kind == Sender.Kind.PROVIDER:
            if not data.get("provider"):
                self.add_error("provider", needs)
            if not data.get("password") and not self.instance.secret:
                self.add_error("password", needs)
            if data.get("provider") == "postal" and not data.get("host"):
                self.add_error("host", needs)
        if data.get("window_messages") and not data.get("window_hours"):
            self.add_error("window_hours", gettext("Give the hours that the limit is for."))
        if data.get("is_usual") and not data.get("is_active"):
            self.add_error("is_active", gettext("The usual sender must be in use."))
        return data


class RulesForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = ContactRules
        fields = ["cap_messages", "cap_days", "quiet_from", "quiet_until", "soft_bounces"]
        widgets = {
            name: forms.TimeInput(attrs={"type": "time"}, format="%H:%M")
            for name in ("quiet_from", "quiet_until")
        }

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("cap_messages") and not data.get("cap_days"):
            self.add_error("cap_days", gettext("Give the days that the limit is for."))
        if data.get("cap_days") and data["cap_days"] > 365:
            self.add_error("cap_days", gettext("At most 365."))
        if bool(data.get("quiet_from")) != bool(data.get("quiet_until")):
            self.add_error("quiet_until", gettext("Give both times, or neither."))
        return data


class TestAddressForm(Look, forms.Form):
    to = forms.EmailField(label=_("Send a test to"))
