"""Forms that visitors see: a message to the shop, and a word on one's own case."""

from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.cases.attachments import KINDS
from crm.forms.look import Look

MOST_FILES = 3
LARGEST = 8 << 20  # Of all files together.
LONGEST = 10_000


class SomeFiles(forms.ClearableFileInput):
    allow_multiple_selected = True


class SomeFilesField(forms.FileField):
    """Some files at once, of kinds that are kept, within limits."""

    widget = SomeFiles
    most, largest = MOST_FILES, LARGEST

    def clean(self, data: Any, initial: Any = None) -> list[UploadedFile[bytes]]:
        given = data if isinstance(data, list | tuple) else [data]
        files: list[UploadedFile[bytes]] = [
            super(SomeFilesField, self).clean(one, initial) for one in given if one
        ]
        if len(files) > self.most:
            raise forms.ValidationError(gettext("At most %(most)d files at once.") % {"most": self.most})
        if sum(one.size or 0 for one in files) > self.largest:
            raise forms.ValidationError(
                gettext("The files are larger than %(n)d MB together.") % {"n": self.largest >> 20}
            )
        for one in files:
            ending = (one.name or "").lower().rpartition(".")[2]
            if ending not in KINDS:
                raise forms.ValidationError(
                    gettext("Files of this kind cannot be sent: %(name)s") % {"name": one.name}
                )
        return files


def taken(files: list[UploadedFile[bytes]]) -> list[tuple[str, str, bytes]]:
    """(name, type, bytes) of each file."""
    return [(one.name or "file", one.content_type or "", one.read()) for one in files]


class WordForm(Look, forms.Form):
    """One more word on a case."""

    text = forms.CharField(
        label=_("Your message"),
        max_length=LONGEST,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages={"required": _("Write something first.")},
    )
    attached = SomeFilesField(
        label=_("Pictures or files"),
        required=False,
        help_text=_("If they help: up to 3, together 8 MB."),
    )
    key = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    @property
    def taken(self) -> list[tuple[str, str, bytes]]:
        """(name, type, bytes) of each file."""
        return taken(self.cleaned_data["attached"])


class AskForm(WordForm):
    """A message to the shop. Programs fill the field that people do not see."""

    name = forms.CharField(
        label=_("Your name"), max_length=120, widget=forms.TextInput(attrs={"autocomplete": "name"})
    )
    email = forms.EmailField(
        label=_("Your e-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
        help_text=_("We answer there."),
    )
    subject = forms.CharField(label=_("What is it about?"), max_length=150)
    company_site = forms.CharField(required=False, label=_("Leave this empty"))
    field_order = ("name", "email", "subject", "text", "attached", "key", "company_site")

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["company_site"].widget.attrs.update({"tabindex": "-1", "autocomplete": "off"})

    @property
    def is_trapped(self) -> bool:
        return bool(self.data.get("company_site"))
