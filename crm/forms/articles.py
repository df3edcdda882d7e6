"""Forms of help articles and their categories: one set of fields for each language."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm.forms.look import Look
from crm.models import Article, HelpCategory
from crm.models.article import LANGUAGES, named


def key_of(language: str) -> str:
    return language.replace("-", "_")


class ArticleForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """An article in each language; a language may be left empty, but not half."""

    class Meta:
        model = Article
        fields = ["category", "position"]
        help_texts = {"position": _("Lower numbers stand first in their category.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["category"].empty_label = gettext("No category")  # type: ignore[attr-defined]
        self.fields["position"].required = False
        texts = {text.language: text for text in self.instance.texts.all()} if self.instance.pk else {}
        for language in LANGUAGES:
            text, key = texts.get(language), key_of(language)
            marks = {"lang": language}
            self.fields[f"title_{key}"] = forms.CharField(
                label=gettext("Title"),
                required=False,
                max_length=150,
                initial=text.title if text else "",
                widget=forms.TextInput(attrs={**marks, "class": "form-control"}),
            )
            self.fields[f"body_{key}"] = forms.CharField(
                label=gettext("Text"),
                required=False,
                max_length=50_000,
                initial=text.body if text else "",
                widget=forms.Textarea(attrs={**marks, "rows": 14, "class": "form-control"}),
            )

    @property
    def languages(self) -> list[dict[str, Any]]:
        """The fields of each language, for the page."""
        return [
            {
                "code": language,
                "name": named(language),
                "title": self[f"title_{key_of(language)}"],
                "body": self[f"body_{key_of(language)}"],
            }
            for language in LANGUAGES
        ]

    @property
    def texts(self) -> dict[str, tuple[str, str]]:
        data = self.cleaned_data
        return {
            one: (data[f"title_{key_of(one)}"].strip(), data[f"body_{key_of(one)}"].strip())
            for one in LANGUAGES
        }

    def clean_position(self) -> int:
        return self.cleaned_data.get("position") or 0

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        whole = 0
        for language in LANGUAGES:
            title, body = (
                str(data.get(f"{part}_{key_of(language)}") or "").strip() for part in ("title", "body")
            )
            if title and not body:
                self.add_error(f"body_{key_of(language)}", gettext("The text is missing."))
            if body and not title:
                self.add_error(f"title_{key_of(language)}", gettext("The title is missing."))
            whole += bool(title and body)
        if not whole and not self.errors:
            raise forms.ValidationError(
                gettext("An article needs a title and a text in one language at least.")
            )
        return data


class HelpCategoryForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = HelpCategory
        fields = ["position"]

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["position"].required = False
        for language in LANGUAGES:
            self.fields[f"name_{key_of(language)}"] = forms.CharField(
                label=gettext("Name in %(language)s") % {"language": named(language)},
                required=False,
                max_length=60,
                initial=self.instance.names.get(language, ""),
                widget=forms.TextInput(attrs={"class": "form-control", "lang": language}),
            )
        self.order_fields([*(f"name_{key_of(one)}" for one in LANGUAGES), "position"])

    def clean_position(self) -> int:
        return self.cleaned_data.get("position") or 0

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        names = {one: str(data.get(f"name_{key_of(one)}") or "").strip() for one in LANGUAGES}
        self.instance.names = {one: name for one, name in names.items() if name}
        if not self.instance.names and not self.errors:
            raise forms.ValidationError(gettext("Give the category a name."))
        return data
