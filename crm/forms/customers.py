"""Forms about one customer: who it is, a note, a tag, a yes to mail."""

from __future__ import annotations

from datetime import date
from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import addresses, custom_fields, phones
from crm.forms.look import DateInput, Look, MomentInput
from crm.models import Customer, CustomField
from crm.privacy import identities

OLDEST = date(1900, 1, 1)
IDENTIFYING = ("first_name", "last_name", "email", "phone", "external_id")


class CustomerForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """Who the customer is, with the shop's own fields as `custom_<key>`."""

    agreed = forms.BooleanField(
        label=_("The customer agreed to get mails from us"),
        required=False,
        help_text=_("Only tick this if they said so. The day is kept as evidence."),
    )

    class Meta:
        model = Customer
        fields = [
            "first_name", "last_name", "email", "phone", "country", "city", "external_id", "birth_date",
            "gender", "language", "source", "created_on",
        ]  # fmt: skip
        widgets = {
            "email": forms.EmailInput(attrs={"autocomplete": "off"}),
            "phone": forms.TextInput(attrs={"type": "tel", "autocomplete": "off"}),
            "birth_date": DateInput(),
            "created_on": DateInput(),
            "country": forms.TextInput(attrs={"list": "countries"}),
            "gender": forms.TextInput(attrs={"list": "genders"}),
        }

    def __init__(self, *args: Any, own_fields: list[CustomField], today: date, **kwargs: Any) -> None:
        self.own_fields = own_fields
        self.today = today
        super().__init__(*args, **kwargs)
        self.fields["created_on"].show_hidden_initial = False  # The stored day is what counts.
        self.fields["language"] = forms.ChoiceField(
            label=_("Language"),
            required=False,
            choices=[("", gettext("As the shop")), *settings.LANGUAGES],
            widget=forms.Select(attrs={"class": "form-select"}),
        )
        if self.instance.language not in ("", *dict(settings.LANGUAGES)):  # Keep what an import brought.
            known = self.fields["language"].choices  # type: ignore[attr-defined]
            self.fields["language"].choices = [*known, (self.instance.language, self.instance.language)]  # type: ignore[attr-defined]
        if self.instance.pk:
            del self.fields["agreed"]
        else:
            self.initial.setdefault("created_on", today)
        for field in own_fields:
            value = self.instance.custom.get(field.key)
            if value is None and not self.instance.pk and field.default:
                value = field.default
            self.fields[f"custom_{field.key}"] = _own_field(field, value)

    @property
    def own(self) -> list[forms.BoundField]:
        return [self[f"custom_{field.key}"] for field in self.own_fields]

    @property
    def usual(self) -> list[forms.BoundField]:
        return [field for field in self if not field.name.startswith("custom_") and field.name != "agreed"]

    def clean_email(self) -> str:
        text = str(self.cleaned_data["email"]).strip()
        if not text or "email" not in self.changed_data:
            return text
        try:
            return addresses.normalise(text)
        except ValueError:
            raise forms.ValidationError(
                gettext("“%(text)s” is not an e-mail address. Write it like ada@example.com.")
                % {"text": text[:60]}
            ) from None

    def clean_external_id(self) -> str | None:
        return self.cleaned_data["external_id"] or None  # Two customers may both have none.

    def clean_birth_date(self) -> date | None:
        return self._plausible("birth_date", gettext("This day has not come yet. Please check the year."))

    def clean_created_on(self) -> date | None:
        return self._plausible("created_on", gettext("This day has not come yet. Please check the year."))

    def _plausible(self, name: str, reason: str) -> date | None:
        day: date | None = self.cleaned_data[name]
        if day and day > self.today:
            raise forms.ValidationError(reason)
        if day and day < OLDEST:
            raise forms.ValidationError(gettext("This is too long ago. Please check the year."))
        return day

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if {"phone", "country"} & set(self.changed_data):
            self._read_phone(data)
        if not self.errors and not any(data.get(name) for name in IDENTIFYING):
            raise forms.ValidationError(gettext("Give a name, an e-mail, a phone or a customer number."))
        if data.get("agreed") and not data.get("email") and "email" not in self.errors:
            self.add_error("email", gettext("To get mails the customer needs an address."))
        self._refuse_erased(data)
        self._read_own_fields(data)
        return data

    def _refuse_erased(self, data: dict[str, Any]) -> None:
        changed = set(self.changed_data)
        for name in ("email", "phone", "external_id"):
            if name in changed and identities.is_erased(**{name: str(data.get(name) or "")}):
                self.add_error(name, identities.reason())

    def _read_phone(self, data: dict[str, Any]) -> None:
        try:
            data["phone"] = phones.normalise(data.get("phone", ""), data.get("country", ""))
        except ValueError:
            reason = gettext("This number does not exist. Begin with + and the country code.")
            if "phone" in self.changed_data:
                self.add_error("phone", reason)

    def _read_own_fields(self, data: dict[str, Any]) -> None:
        for field in self.own_fields:
            name = f"custom_{field.key}"
            fresh = not self.instance.pk
            if field.required and not data.get(name) and (fresh or name in self.changed_data):
                self.add_error(name, gettext("Please fill this in."))
                continue
            if name not in self.changed_data and not (fresh and data.get(name)):
                data[name] = self.instance.custom.get(field.key)  # What an import brought stays as it is.
                continue
            try:
                data[name] = custom_fields.parse(field, str(data.get(name) or ""))
            except ValueError as error:
                self.add_error(name, str(error))

    def save(self, commit: bool = True) -> Customer:
        customer: Customer = super().save(commit=False)
        custom = dict(customer.custom)
        for field in self.own_fields:
            value = self.cleaned_data[f"custom_{field.key}"]
            if value is None:
                custom.pop(field.key, None)
            else:
                custom[field.key] = value
        customer.custom = custom
        customer.prepare()
        if commit:
            customer.save()
        return customer


def _own_field(field: CustomField, value: Any) -> forms.Field:
    """A text field for any kind: what may stand in it is decided by `custom_fields.parse` alone."""
    attrs = {"class": "form-control"}
    if field.kind == CustomField.Kind.DATE:
        widget: forms.Widget = DateInput(attrs)
    elif field.kind == CustomField.Kind.DATE_TIME:
        widget = MomentInput(attrs)
    elif field.kind == CustomField.Kind.LONG_TEXT:
        widget = forms.Textarea({**attrs, "rows": 3})
    elif field.kind == CustomField.Kind.CHOICES:
        return Several(field, value)
    elif field.kind in (CustomField.Kind.NUMBER, CustomField.Kind.MONEY):
        widget = forms.TextInput({**attrs, "inputmode": "decimal"})
    elif field.kind in (CustomField.Kind.YES_NO, CustomField.Kind.CHOICE):
        choices = [("yes", gettext("Yes")), ("no", gettext("No"))]
        if field.kind == CustomField.Kind.CHOICE:
            choices = [(str(one), str(one)) for one in field.choices]
            if value not in (None, "", *field.choices):
                choices.append((str(value), str(value)))
        widget = forms.Select({"class": "form-select"}, choices=[("", "–"), *choices])
    else:
        widget = forms.TextInput(attrs)
    if isinstance(value, bool):
        value = "yes" if value else "no"
    hint = field.help_text or (gettext("Like %(shape)s") % {"shape": field.pattern} if field.pattern else "")
    return forms.CharField(label=field.label, required=False, initial=value, widget=widget, help_text=hint)


class Several(forms.CharField):
    """Boxes to tick; as text the ticked ones stand with semicolons between."""

    def __init__(self, field: CustomField, value: Any) -> None:
        choices = [(str(one), str(one)) for one in field.choices]
        widget = forms.SelectMultiple({"class": "form-select"}, choices=choices)
        super().__init__(
            label=field.label, required=False, initial=value or [], widget=widget, help_text=field.help_text
        )

    def to_python(self, value: Any) -> str:
        return "; ".join(map(str, value)) if isinstance(value, list) else str(value or "")

    def has_changed(self, initial: Any, data: Any) -> bool:
        return self.to_python(initial) != self.to_python(data)


class NoteForm(Look, forms.Form):
    text = forms.CharField(
        label=_("Note"),
        max_length=4000,
        widget=forms.Textarea(attrs={"rows": 2}),
        error_messages={"required": _("Write something first.")},
    )


class TagForm(Look, forms.Form):
    name = forms.CharField(label=_("Tag"), max_length=60, widget=forms.TextInput(attrs={"list": "tags"}))
    weight = forms.IntegerField(label=_("Weight"), min_value=0, max_value=100, initial=100, required=False)

    def clean_weight(self) -> int:
        weight: int | None = self.cleaned_data["weight"]
        return 100 if weight is None else weight


class UnblockForm(Look, forms.Form):
    why = forms.CharField(
        label=_("Why will mail arrive now?"),
        max_length=300,
        help_text=_("For example: they emptied their mailbox, and told us so by phone. It is kept."),
        error_messages={"required": _("Say why mail will arrive now; it is kept.")},
    )


class ConsentForm(Look, forms.Form):
    wording = forms.CharField(
        label=_("How did they agree?"),
        max_length=400,
        help_text=_("For example: signed the form at the till. It is kept as evidence."),
        error_messages={"required": _("Say how the customer agreed; it is kept as evidence.")},
    )
