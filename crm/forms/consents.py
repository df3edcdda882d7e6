"""What staff write down about a yes or no, and new versions of what people agree to."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext_lazy as _

from crm.forms.look import Look
from crm.models import Channel, ConsentWording, Purpose


def pairs() -> list[tuple[str, str]]:
    """("marketing.email", "News and offers · E-mail") of everything the shop asks permission for."""
    return [
        (f"{purpose.key}.{channel}", f"{purpose.label} · {Channel(channel).label}")
        for purpose in Purpose.objects.all()
        for channel in purpose.channels
        if channel in Channel.values
    ]


class SaidForm(Look, forms.Form):
    """A decision that a customer told us: on paper, by phone, at the till."""

    what = forms.ChoiceField(label=_("For what"))
    decision = forms.ChoiceField(
        label=_("Decision"), choices=[("granted", _("Agreed")), ("withdrawn", _("Objected"))]
    )
    wording = forms.CharField(
        label=_("How did they say it?"),
        max_length=400,
        help_text=_("For example: signed the form at the till. It is kept as evidence."),
    )
    version = forms.ModelChoiceField(
        ConsentWording.objects.none(),
        label=_("What they read"),
        required=False,
        empty_label=_("Nothing of ours"),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        what: Any = self.fields["what"]
        what.choices = pairs()
        version: Any = self.fields["version"]
        version.queryset = ConsentWording.objects.select_related("purpose")
        version.label_from_instance = _named

    def clean(self) -> dict[str, Any]:
        found = super().clean() or {}
        version, what = found.get("version"), str(found.get("what", ""))
        if version and version.purpose.key != what.partition(".")[0]:
            self.add_error("version", _("This wording belongs to another purpose."))
        return found


def _named(version: ConsentWording) -> str:
    language = dict(settings.LANGUAGES).get(version.language, version.language)
    return f"{version.purpose.label} · {language} · {version.version}"


class WordingForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """A new version; those before stay as they are, since people agreed to them."""

    language = forms.ChoiceField(label=_("Language"), choices=settings.LANGUAGES)

    class Meta:
        model = ConsentWording
        fields = ("purpose", "language", "text")
        labels = {"purpose": _("Purpose")}
        widgets = {"text": forms.Textarea(attrs={"rows": 5})}
