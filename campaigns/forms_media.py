"""Forms of pictures and snippets."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from campaigns import design, snippets
from campaigns.models import Snippet
from campaigns.rendering import Sources
from crm.forms.look import Look
from crm.models import Business, Picture


class UploadForm(Look, forms.Form):
    file = forms.FileField(
        label=_("Picture"),
        help_text=_("JPEG, PNG, GIF or WebP, at most 10 MB. It is made small enough for mails."),
        widget=forms.FileInput(attrs={"accept": "image/jpeg,image/png,image/gif,image/webp"}),
    )
    alt = forms.CharField(
        label=_("Description"),
        required=False,
        max_length=200,
        help_text=_("What it shows, for people who do not see it."),
    )


class PictureForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Picture
        fields = ["name", "alt"]


class SnippetForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """A part of designs, tried out inside one before it is kept."""

    class Meta:
        model = Snippet
        fields = ["name", "place", "mjml"]
        help_texts = {"name": _("Letters, digits and hyphens, such as opening-hours.")}

    def __init__(self, *args: Any, business: Business, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.business = business

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        if data.get("mjml"):
            tried = Snippet(place=data.get("place") or Snippet.Place.SECTION, mjml=data["mjml"])
            written = Sources("-", snippets.trial(tried))
            if problem := design.problem_in(written, has_survey=True, business=self.business):
                self.add_error("mjml", problem)
        return data
