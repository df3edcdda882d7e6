"""The thank-you pages of a survey by score, and who may answer through the open link."""

from __future__ import annotations

import re
from typing import Any
from urllib.parse import urlsplit

from django import forms
from django.utils.translation import gettext_lazy as _

from feedback import texts, versions
from feedback.forms.editing import SideBySide
from feedback.models import Survey

INPUT = {"class": "form-control"}
HOST = re.compile(r"[A-Za-z0-9.-]+(:\d{1,5})?")


class EndingForm(SideBySide):
    """One thank-you page; left empty it does not exist."""

    parts = ("title", "text", "button")

    def __init__(self, *args: Any, survey: Survey, ending: dict[str, Any], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.languages = texts.of(survey)
        scores = [(one, str(one)) for one in survey.scale]
        choice: dict[str, Any] = {"choices": scores, "coerce": int, "required": False}
        select = {"class": "form-select"}
        for name, label, usual in (
            ("least", _("From score"), scores[0][0]),
            ("most", _("up to score"), scores[-1][0]),
        ):
            stored = ending.get({"least": "from", "most": "to"}[name], usual)
            known = stored if stored in survey.scale else usual
            choice |= {"label": label, "initial": known, "empty_value": usual}
            self.fields[name] = forms.TypedChoiceField(widget=forms.Select(attrs=select), **choice)
        self.fields["url"] = forms.URLField(
            label=_("Where the button leads"),
            initial=ending.get("url", ""),
            required=False,
            assume_scheme="https",
            help_text=_("A page for reviews, a voucher, a way to reach you. Empty: there is no button."),
            widget=forms.URLInput(attrs={**INPUT, "placeholder": "https://"}),
        )
        self.add_texts({"title": 1, "text": 2, "button": 1}, ending.get("texts", {}))

    def clean(self) -> dict[str, Any]:
        said: dict[str, Any] = super().clean() or {}
        if said.get("least", 0) > said.get("most", 10):
            self.add_error("most", _("This is below the first score."))
        return said

    @property
    def ending(self) -> dict[str, Any] | None:
        said = {code: {part: self.written(part, code) for part in self.parts} for code in self.languages}
        if not any(any(parts.values()) for parts in said.values()):
            return None
        scores = {"from": self.cleaned_data["least"], "to": self.cleaned_data["most"]}
        return {**scores, "texts": said, "url": self.cleaned_data["url"]}


def ending_forms(survey: Survey, data: Any = None) -> list[EndingForm]:
    """A form for each page that is there, and one more."""
    there = [*survey.endings, {}][:6]
    return [EndingForm(data, survey=survey, ending=one, prefix=f"e{at}") for at, one in enumerate(there)]


def save_endings(survey: Survey, filled: list[EndingForm]) -> None:
    versions.before_change(survey)
    survey.endings = [one.ending for one in filled if one.ending]
    survey.save(update_fields=["endings"])


class ShareForm(forms.Form):
    """Who may answer, and where the survey may be put into a page."""

    doors = forms.ChoiceField(
        label=_("Who may answer"),
        choices=Survey.Doors,
        widget=forms.RadioSelect(attrs={"class": "form-check-input"}),
    )
    origins = forms.CharField(
        label=_("Other websites that may show it"),
        required=False,
        help_text=_("One address per line, like https://www.example.com. Your own website may anyway."),
        widget=forms.Textarea(attrs={**INPUT, "rows": 2}),
    )

    def __init__(self, *args: Any, survey: Survey, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.survey = survey
        self.initial = {"doors": survey.doors, "origins": "\n".join(survey.look.get("origins", []))}

    def clean_origins(self) -> list[str]:
        found = []
        for line in self.cleaned_data["origins"].split():
            origin = _origin(line)
            if not origin:
                wrong = _("This is not the address of a website: %(line)s") % {"line": line}
                raise forms.ValidationError(wrong)
            found.append(origin)
        return found

    def save(self) -> None:
        self.survey.doors = self.cleaned_data["doors"]
        self.survey.look = {**self.survey.look, "origins": self.cleaned_data["origins"]}
        self.survey.save(update_fields=["doors", "look"])


def _origin(line: str) -> str:
    """https://www.example.com of an address of a website; "" of anything else."""
    try:
        parts = urlsplit(line if "://" in line else f"https://{line}")
    except ValueError:  # Brackets that hold no IPv6 address.
        return ""
    is_site = parts.scheme in ("http", "https") and HOST.fullmatch(parts.netloc)
    return f"{parts.scheme}://{parts.netloc}" if is_site else ""
