"""Forms about shops and sources that keep the data in step."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.errors import Refusal
from crm.feeds import places
from crm.forms.look import Look
from crm.imports import kinds, presets
from crm.models import Feed, ShopConnection
from crm.shops import signatures

EVERY = [
    (15, _("Every quarter of an hour")),
    (60, _("Every hour")),
    (360, _("Every six hours")),
    (1440, _("Once a day")),
]


class ShopForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    secret = forms.CharField(
        label=_("Secret"),
        required=False,
        max_length=200,
        widget=forms.PasswordInput(attrs={"autocomplete": "off"}),
        help_text=_(
            "The text that Shopify or WooCommerce signs its messages with. Empty leaves it as it is."
        ),
    )

    class Meta:
        model = ShopConnection
        fields = ["kind", "name", "domain"]
        widgets = {"domain": forms.TextInput(attrs={"placeholder": "teahouse.myshopify.com"})}
        help_texts = {
            "domain": _("Messages of other shops are refused. Empty takes every shop with the secret.")
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            del self.fields["kind"]

    def clean_domain(self) -> str:
        typed = str(self.cleaned_data["domain"])
        domain = signatures.host(typed)
        if typed and not domain:  # Left empty it would let every shop in.
            raise forms.ValidationError(gettext("This is not the address of a shop."))
        return domain


class FeedForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    content = forms.ChoiceField(label=_("What is in the files?"))
    preset = forms.ChoiceField(label=_("Written by"), required=False)
    every_minutes = forms.TypedChoiceField(label=_("How often"), choices=EVERY, coerce=int, initial=60)
    authorization = forms.CharField(
        label=_("Authorization"),
        required=False,
        max_length=1000,
        widget=forms.PasswordInput(attrs={"autocomplete": "off", "placeholder": "Bearer …"}),
        help_text=_(
            "Sent along where the address asks for it, and kept encrypted. Empty leaves it as it is."
        ),
    )

    class Meta:
        model = Feed
        fields = ["name", "kind", "folder", "url", "content", "preset", "every_minutes"]
        widgets = {
            "url": forms.URLInput(attrs={"placeholder": "https://…"}),
            "folder": forms.TextInput(attrs={"placeholder": "orders"}),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        content, preset = self.fields["content"], self.fields["preset"]
        assert isinstance(content, forms.ChoiceField)
        assert isinstance(preset, forms.ChoiceField)
        content.choices = [(name, loader.label) for name, loader in kinds.known().items()]
        preset.choices = [
            ("", gettext("Recognised by itself")),
            *((one.name, one.label) for one in presets.known().values()),
        ]
        self.fields["folder"].help_text = gettext("Below %(root)s on the machine that Closeknit runs on.") % {
            "root": places.root()
        }

    def clean_url(self) -> str:
        url = str(self.cleaned_data["url"])
        parts = urlsplit(url)
        if url and parts.scheme != "https" and not settings.WEBHOOKS_MAY_REACH_PRIVATE:
            raise forms.ValidationError(
                gettext("The address begins with https://, so that nobody reads along.")
            )
        if parts.username:
            raise forms.ValidationError(gettext("Leave name and password out of the address."))
        return url

    def clean_folder(self) -> str:
        folder = str(self.cleaned_data["folder"]).strip().strip("/")
        try:
            places.folder(folder)
        except Refusal as refusal:
            raise forms.ValidationError(str(refusal)) from refusal
        return folder

    def clean_authorization(self) -> str:
        found = str(self.cleaned_data["authorization"])
        if not found.isascii() or not found.isprintable():
            raise forms.ValidationError(gettext("Only plain letters, digits and signs, please."))
        return found

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        wanted = "folder" if data.get("kind") == Feed.Kind.FOLDER else "url"
        if not data.get(wanted) and wanted not in self.errors:
            self.add_error(wanted, gettext("Please fill this in."))
        return data
