"""The form that visitors fill in, and the one by which staff makes it."""

from __future__ import annotations

import re
from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import addresses, counter, custom_fields, phones, sign_up
from crm.forms.customers import OLDEST
from crm.forms.look import DateInput, Look
from crm.models import CustomField, SignUpForm, Tag
from crm.sign_up import Choice, Question
from crm.slugs import free_slug

ORIGIN = re.compile(r"https?://[a-z0-9.-]+(:\d{1,5})?", re.IGNORECASE)
AUTOCOMPLETE = {
    "first_name": "given-name", "last_name": "family-name", "phone": "tel", "birth_date": "bday",
    "city": "address-level2", "country": "country-name",
}  # fmt: skip


class JoinForm(Look, forms.Form):
    """What one visitor says. `website` is for robots: people do not see it."""

    email = forms.CharField(
        label=_("E-mail"),
        max_length=254,
        widget=forms.EmailInput(attrs={"autocomplete": "email", "inputmode": "email"}),
    )
    website = forms.CharField(
        label=_("Leave this empty"),
        required=False,
        widget=forms.TextInput(attrs={"autocomplete": "off", "tabindex": "-1"}),
    )

    def __init__(
        self, *args: Any, questions: list[Question], choices: list[Choice], fill: bool = True, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.questions, self.choices = questions, choices
        for one in questions:
            self.fields[one.key] = _field(one, fill=fill)
        for choice in choices:
            self.fields[f"agree.{choice.name}"] = forms.BooleanField(
                label=choice.text,
                required=len(choices) == 1,
                widget=forms.CheckboxInput(attrs={"class": "form-check-input"}),
                error_messages={"required": gettext("Please tick this, else we may not write to you.")},
            )
        if not fill:
            self.fields["email"].widget.attrs["autocomplete"] = "off"

    @property
    def asked(self) -> list[forms.BoundField]:
        names = [one.key for one in self.questions]
        return [self[name] for name in ["email", *names]]

    @property
    def ticks(self) -> list[forms.BoundField]:
        return [self[f"agree.{choice.name}"] for choice in self.choices]

    @property
    def is_robot(self) -> bool:
        return bool(self.data.get("website"))

    def clean_email(self) -> str:
        try:
            return addresses.normalise(self.cleaned_data["email"])
        except ValueError:
            raise forms.ValidationError(
                gettext("This is not an e-mail address. Write it like ada@example.com.")
            ) from None

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        for one in self.questions:
            if data.get(one.key) in (None, ""):
                continue
            try:
                data[one.key] = _read(one, data[one.key])
            except ValueError as error:
                self.add_error(one.key, str(error))
        return data

    @property
    def answers(self) -> dict[str, Any]:
        """What was said, as JSON can carry it."""
        said = {one.key: self.cleaned_data.get(one.key) for one in self.questions}
        return {
            key: value.isoformat() if isinstance(value, date) else value
            for key, value in said.items()
            if value not in (None, "")
        }

    @property
    def agreed(self) -> list[Choice]:
        return [one for one in self.choices if self.cleaned_data.get(f"agree.{one.name}")]


def _field(one: Question, *, fill: bool) -> forms.Field:
    attrs = {"autocomplete": AUTOCOMPLETE.get(one.key, "off") if fill else "off", "class": "form-control"}
    if one.own and one.own.kind in (CustomField.Kind.YES_NO, CustomField.Kind.CHOICE):
        pairs = [("yes", gettext("Yes")), ("no", gettext("No"))]
        if one.own.kind == CustomField.Kind.CHOICE:
            pairs = [(str(word), str(word)) for word in one.own.choices]
        return forms.ChoiceField(
            label=one.label,
            required=one.required,
            choices=[("", "–"), *pairs],
            widget=forms.Select({"class": "form-select"}),
        )
    if one.key == "birth_date":
        return forms.DateField(label=one.label, required=one.required, widget=DateInput(attrs))
    widget: forms.Widget = forms.TextInput(attrs)
    if one.own and one.own.kind == CustomField.Kind.DATE:
        widget = DateInput(attrs)
    elif one.key == "phone":
        widget = forms.TextInput({**attrs, "type": "tel"})
    longest = {"country": 60, "phone": 40}.get(one.key, 300 if one.own else 80)
    return forms.CharField(label=one.label, required=one.required, max_length=longest, widget=widget)


def _read(one: Question, value: Any) -> Any:
    if one.own:
        return custom_fields.parse(one.own, str(value))
    if one.key == "phone":
        try:
            return phones.normalise(value, "" if value.startswith("+") else counter.home_country())
        except ValueError:
            raise ValueError(gettext("This phone number does not exist. Please check it.")) from None
    if one.key == "birth_date" and not OLDEST <= value <= timezone.localdate():
        raise ValueError(gettext("Please check the year."))
    return value


class SignUpFormForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """A sign-up form as staff makes it."""

    languages = forms.MultipleChoiceField(
        label=_("Languages"), choices=settings.LANGUAGES, widget=forms.CheckboxSelectMultiple
    )
    permissions = forms.MultipleChoiceField(
        label=_("Permissions to ask for"), required=False, widget=forms.CheckboxSelectMultiple
    )
    tag_names = forms.CharField(
        label=_("Tags to give"), max_length=300, required=False, help_text=_("Several are divided by commas.")
    )
    origin_lines = forms.CharField(
        label=_("Websites that may show it"),
        required=False,
        widget=forms.Textarea(attrs={"rows": 2, "placeholder": "https://www.example.com"}),
        help_text=_("One address in each line. No other page can show the form inside itself."),
    )

    class Meta:
        model = SignUpForm
        fields = ["name", "state", "source", "double_opt_in", "redirect_url"]
        help_texts = {
            "double_opt_in": _(
                "People confirm by a link in a mail. Proves the permission, and keeps others out."
            ),
            "source": _("Where these people come from, as their page says. Empty: the name of the form."),
            "redirect_url": _("A page of yours that is offered after sending."),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        row: SignUpForm = self.instance
        self.fields["permissions"].choices = sign_up.permissions()  # type: ignore[attr-defined]
        known: dict[str, Any] = {
            "languages": row.languages or [code for code, _name in settings.LANGUAGES],
            "permissions": row.permissions if row.pk else ["marketing.email"],
            "origin_lines": "\n".join(row.origins),
            "tag_names": ", ".join(tag.name for tag in row.tags.all()) if row.pk else "",
        }
        self.initial.update(known)
        asked = {key.removesuffix(sign_up.MUST): key for key in row.fields} if row.pk else {"first_name": ""}
        for one in sign_up.may_ask():
            given = "" if one.key not in asked else "must" if asked[one.key].endswith(sign_up.MUST) else "may"
            self.fields[f"ask.{one.key}"] = forms.ChoiceField(
                label=one.label,
                required=False,
                initial=given,
                choices=[
                    ("", gettext("do not ask")),
                    ("may", gettext("ask")),
                    ("must", gettext("must answer")),
                ],
                widget=forms.Select({"class": "form-select"}),
            )
        for code, _name in settings.LANGUAGES:
            for part, label in (("title", _("Title")), ("intro", _("Text")), ("thanks", _("Thanks"))):
                self.fields[f"{part}.{code}"] = forms.CharField(
                    label=label,
                    required=False,
                    max_length=600 if part != "title" else 100,
                    initial=dict(row.texts.get(code) or {}).get(part, ""),
                    widget=(forms.TextInput if part == "title" else forms.Textarea)(
                        {"class": "form-control", "rows": 2, "lang": code}
                    ),
                )

    @property
    def asking(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name.startswith("ask.")]

    @property
    def main(self) -> list[forms.BoundField]:
        return [self[name] for name in ("name", "languages")]

    @property
    def more(self) -> list[forms.BoundField]:
        names = ("tag_names", "source", "double_opt_in", "state", "redirect_url", "origin_lines")
        return [self[name] for name in names]

    @property
    def texts(self) -> list[tuple[str, list[forms.BoundField]]]:
        parts = ("title", "intro", "thanks")
        return [(str(name), [self[f"{part}.{code}"] for part in parts]) for code, name in settings.LANGUAGES]

    def clean_origin_lines(self) -> list[str]:
        lines = [line.strip().rstrip("/").lower() for line in self.cleaned_data["origin_lines"].splitlines()]
        for line in lines:
            if line and not ORIGIN.fullmatch(line):
                raise forms.ValidationError(
                    gettext(
                        "“%(text)s” is not the address of a website. Write it like https://www.example.com."
                    )
                    % {"text": line[:60]}
                )
        return [line for line in lines if line][:20]

    def draft(self) -> SignUpForm:
        """The form as it would be saved; for a preview also when something is not right yet."""
        data = self.cleaned_data
        row: SignUpForm = self.instance
        row.languages = data.get("languages") or ["en"]
        row.permissions = data.get("permissions") or []
        row.origins = data.get("origin_lines") or []
        marks = {"may": "", "must": sign_up.MUST}
        row.fields = [
            f"{one.key}{marks[how]}" for one in sign_up.may_ask() if (how := data.get(f"ask.{one.key}"))
        ]
        row.texts = {
            code: {part: data.get(f"{part}.{code}") or "" for part in ("title", "intro", "thanks")}
            for code, _name in settings.LANGUAGES
        }
        return row

    def save(self, commit: bool = True) -> SignUpForm:
        row = self.draft()
        if not row.slug:
            row.slug = free_slug(row.name, SignUpForm.objects.all(), otherwise="form")
        row.save()
        names = [" ".join(name.split())[:60] for name in re.split("[,，]", self.cleaned_data["tag_names"])]
        row.tags.set([_tag(name) for name in names if name])
        return row


def _tag(name: str) -> Tag:
    return Tag.objects.filter(name__iexact=name).first() or Tag.objects.create(name=name)
