"""Forms about other programs: tokens, webhooks, the website."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import webhooks
from crm.api.tokens import SCOPES
from crm.behaviour import website
from crm.forms.look import Look
from crm.models import User, WebhookEndpoint, Website

LIVES = [("90", _("90 days")), ("365", _("One year")), ("", _("Until it is ended here"))]


class TokenForm(Look, forms.Form):
    name = forms.CharField(
        label=_("Name"),
        max_length=80,
        widget=forms.TextInput(attrs={"placeholder": _("Online shop"), "autocomplete": "off"}),
        help_text=_("Which program uses it?"),
    )
    user = forms.ModelChoiceField(
        label=_("Acts as"),
        queryset=User.objects.none(),
        help_text=_("It sees and may do no more than this person."),
    )
    scopes = forms.MultipleChoiceField(
        label=_("May"), choices=list(SCOPES.items()), widget=forms.CheckboxSelectMultiple
    )
    life = forms.ChoiceField(label=_("Ends"), choices=LIVES, required=False, initial="365")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        people: forms.ModelChoiceField[User] = self.fields["user"]  # type: ignore[assignment]
        people.queryset = User.objects.filter(is_active=True).order_by("name", "email")

    @property
    def values(self) -> dict[str, Any]:
        data = self.cleaned_data
        days = data["life"]
        ends = timezone.now() + timedelta(days=int(days)) if days else None
        return {"user": data["user"], "scopes": data["scopes"], "expires_at": ends}


class EndpointForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    events = forms.MultipleChoiceField(label=_("Tell about"), widget=forms.CheckboxSelectMultiple)

    class Meta:
        model = WebhookEndpoint
        fields = ["url", "name", "events"]
        widgets = {"url": forms.URLInput(attrs={"placeholder": "https://…", "autocomplete": "off"})}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        chosen: forms.MultipleChoiceField = self.fields["events"]  # type: ignore[assignment]
        chosen.choices = list(webhooks.known().items())

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        if urlsplit(url).scheme != "https" and not settings.WEBHOOKS_MAY_REACH_PRIVATE:
            raise forms.ValidationError(
                gettext("The address begins with https://, so that nobody reads along.")
            )
        if urlsplit(url).username:
            raise forms.ValidationError(gettext("Leave name and password out of the address."))
        return url


class WebsiteForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    origins = forms.CharField(
        label=_("Addresses of your website"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 3, "placeholder": "https://www.teahouse.example"}),
        help_text=_("One a line. Pages elsewhere cannot send anything."),
    )

    class Meta:
        model = Website
        fields = ["is_on", "origins", "has_chat", "needs_consent", "anonymous_days", "known_days"]
        help_texts = {
            "needs_consent": _("The law asks for it in many countries. Step 2 shows how your page says so."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.initial["origins"] = "\n".join(self.instance.origins)

    def clean_origins(self) -> list[str]:
        found = []
        for line in str(self.cleaned_data["origins"]).split():
            try:
                found.append(website.origin_of(line))
            except ValueError:
                raise forms.ValidationError(
                    gettext("“%(text)s” is not an address. Write it like https://www.example.com.")
                    % {"text": line[:60]}
                ) from None
        return sorted(set(found))[:50]
