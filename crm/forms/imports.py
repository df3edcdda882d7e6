from __future__ import annotations

from typing import Any

from django import forms
from django.core.files.uploadedfile import UploadedFile
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm.forms.look import Look
from crm.imports import intake, kinds


class UploadForm(Look, forms.Form):
    """A file and what it holds."""

    kind = forms.ChoiceField(label=gettext_lazy("What is in the file?"), widget=forms.RadioSelect)
    file = forms.FileField(
        label=gettext_lazy("File"),
        help_text=gettext_lazy("CSV, TSV, text or XLSX, also packed as .gz; up to 200 MB."),
        allow_empty_file=True,  # Told more kindly than Django does.
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field = self.fields["kind"]
        assert isinstance(field, forms.ChoiceField)
        field.choices = [(name, loader.label) for name, loader in kinds.known().items()]

    def clean_file(self) -> UploadedFile[bytes]:
        file: UploadedFile[bytes] = self.cleaned_data["file"]
        if (file.size or 0) > intake.LARGEST_UPLOAD:
            raise forms.ValidationError(
                _("This file is larger than 200 MB. Please split it, or use the command import_file.")
            )
        return file
