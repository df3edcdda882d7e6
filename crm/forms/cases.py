"""Forms of service: a new case, a reply, a note, and the house rules."""

from __future__ import annotations

from typing import Any

from django import forms
from django.conf import settings
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import access, accounts
from crm.access import Right
from crm.cases import canned, levels, sniffing
from crm.cases.hours import minutes_of
from crm.forms.asking import SomeFilesField, taken
from crm.forms.look import DateInput, Look
from crm.models import (
    Business,
    BusinessHours,
    CannedReply,
    Case,
    Customer,
    Holiday,
    Mailbox,
    ServiceLevel,
    User,
)

MOST_FILES = 10
SAY_SOMETHING = {"required": _("Write something first.")}


def agents() -> list[User]:
    """Who may work on cases."""
    roles = [role for role, rights in access.ROLES.items() if Right.SERVE in rights]
    return list(User.objects.filter(is_active=True, role__in=roles).order_by("name", "email"))


class CaseForm(Look, forms.Form):
    """A case by hand; the customer is found by number or address."""

    person = forms.CharField(
        label=_("Customer"),
        required=False,
        max_length=254,
        help_text=_("E-mail, phone or customer number. Leave it empty when you do not know who it is."),
    )
    subject = forms.CharField(label=_("Subject"), max_length=250)
    text = forms.CharField(
        label=_("What did the customer say?"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 6}),
        error_messages=SAY_SOMETHING,
    )
    priority = forms.TypedChoiceField(
        label=_("Priority"), choices=Case.Priority, coerce=int, initial=Case.Priority.NORMAL
    )
    category = forms.CharField(
        label=_("Category"),
        required=False,
        max_length=60,
        widget=forms.TextInput(attrs={"list": "categories"}),
    )
    mine = forms.BooleanField(label=_("I look after it"), required=False, initial=True)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        self.customer: Customer | None = None
        super().__init__(*args, **kwargs)
        if accounts.is_solo(Business.current()):
            self.fields["mine"].widget = forms.HiddenInput()

    def clean_person(self) -> str:
        text: str = self.cleaned_data["person"].strip()
        if not text:
            return ""
        seen = access.customers(self.user)
        found = list(seen.filter(email=text.lower())[:2])
        found = found or list(seen.filter(external_id=text)[:2]) or list(seen.filter(public_id=text)[:2])
        found = found or list(seen.filter(phone=text.replace(" ", ""))[:2])
        found = found or list(seen.search(text)[:2])
        if len(found) != 1:
            raise forms.ValidationError(
                gettext("Several customers match. Give the address or the number.")
                if found
                else gettext("No customer is known by this.")
            )
        self.customer = found[0]
        return text


class ReplyFilesField(SomeFilesField):
    """What staff send: more than visitors may, within what mail servers take."""

    most = MOST_FILES

    @property
    def largest(self) -> int:  # type: ignore[override]
        return settings.CASE_FILES_MB << 20


class ReplyForm(Look, forms.Form):
    text = forms.CharField(
        label=_("Your answer"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 7}),
        error_messages=SAY_SOMETHING,
    )
    attached = ReplyFilesField(label=_("Files that go with it"), required=False)
    key = forms.CharField(max_length=40, required=False, widget=forms.HiddenInput)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        limits = {"most": MOST_FILES, "size": settings.CASE_FILES_MB}
        self.fields["attached"].help_text = _("Up to %(most)d, together %(size)d MB.") % limits

    def clean_attached(self) -> list[tuple[str, str, bytes]]:
        files = taken(self.cleaned_data["attached"])
        for name, _kind, data in files:
            if reason := sniffing.problem(name, data):
                raise forms.ValidationError(reason)
        return files


class CaseNoteForm(Look, forms.Form):
    text = forms.CharField(
        label=_("Internal note"),
        max_length=20_000,
        widget=forms.Textarea(attrs={"rows": 3}),
        help_text=_("Customers never see it."),
        error_messages=SAY_SOMETHING,
    )


class CannedForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = CannedReply
        fields = ["title", "text"]
        widgets = {"text": forms.Textarea(attrs={"rows": 8})}

    def clean_text(self) -> str:
        text: str = self.cleaned_data["text"]
        if unknown := canned.unknown_places(text):
            reason = gettext("Nothing fills the place “%(name)s”. Known places: %(known)s.")
            raise forms.ValidationError(reason % {"name": unknown[0], "known": ", ".join(canned.PLACES)})
        return text


class HoursForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """Hours of service: one line per weekday, such as 9:00–12:30, 14:00–18:00."""

    class Meta:
        model = BusinessHours
        fields = ["reopen_days", "close_days", "acknowledge", "keep_senders"]
        help_texts = {
            "reopen_days": _("Later a new case is opened that names the old one."),
            "acknowledge": _("At most once a day for each sender, and never to machines."),
            "keep_senders": _("Else their cases have no customer until you choose one."),
        }

    def __init__(self, *args: Any, weekdays: list[str], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for day, name in enumerate(weekdays):
            spans = self.instance.week.get(str(day), [])
            self.fields[f"day_{day}"] = forms.CharField(
                label=name,
                required=False,
                max_length=100,
                initial=", ".join(f"{begin}–{end}" for begin, end in spans),
                widget=forms.TextInput(attrs={"class": "form-control", "placeholder": gettext("Closed")}),
            )

    @property
    def days(self) -> list[forms.BoundField]:
        return [self[f"day_{day}"] for day in range(7)]

    @property
    def rules(self) -> list[forms.BoundField]:
        return [self[name] for name in self.Meta.fields]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        week: dict[str, list[list[str]]] = {}
        for day in range(7):
            name = f"day_{day}"
            try:
                week[str(day)] = spans_of(str(data.get(name) or ""))
            except ValueError:
                self.add_error(name, gettext("Write it like 9:00–12:30, 14:00–18:00, or leave it empty."))
        if not self.errors and not any(week.values()):
            raise forms.ValidationError(gettext("Somebody must be there on one day at least."))
        self.instance.week = week
        return data


def spans_of(text: str) -> list[list[str]]:
    """Pairs of times of "9-12:30, 14:00–18:00", written like "09:00"; ValueError when they make no sense."""
    found: list[list[str]] = []
    last = 0
    text = text.replace("：", ":").replace("，", ",").replace("、", ",").replace("—", "–").replace("-", "–")
    for part in filter(None, (one.strip() for one in text.split(","))):
        begin, _dash, end = part.partition("–")
        start, stop = minutes_of(begin.strip()), minutes_of(end.strip())
        if not last <= start < stop:
            raise ValueError(part)
        last = stop
        found.append([f"{start // 60:02}:{start % 60:02}", f"{stop // 60:02}:{stop % 60:02}"])
    return found


class HolidayForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    class Meta:
        model = Holiday
        fields = ["on", "name"]
        widgets = {"on": DateInput()}


class LevelForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """A quicker promise for one group of customers, in hours."""

    prefix = "level"
    group = forms.ChoiceField(label=_("For the customers of"))
    first = forms.FloatField(label=_("First answer, hours"), min_value=0.1, max_value=1000)
    solve = forms.FloatField(label=_("Solution, hours"), min_value=0.1, max_value=1000)

    class Meta:
        model = ServiceLevel
        fields = ["name", "group", "position"]
        help_texts = {"position": _("Who is in several has the one with the smallest number.")}

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["group"].choices = levels.choices()  # type: ignore[attr-defined]
        self.order_fields(["name", "group", "first", "solve", "position"])

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("first") and data.get("solve") and data["first"] > data["solve"]:
            self.add_error("solve", gettext("The solution is due after the answer."))
        return data

    def save(self, commit: bool = True) -> ServiceLevel:
        self.instance.first_minutes = round(self.cleaned_data["first"] * 60)
        self.instance.solve_minutes = round(self.cleaned_data["solve"] * 60)
        level: ServiceLevel = super().save(commit)
        return level


class MailboxForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """Where mails come in. The password is written, never shown."""

    password = forms.CharField(
        label=_("Password"),
        required=False,
        max_length=300,
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
        help_text=_("Kept encrypted. Empty: stays as it is."),
    )

    class Meta:
        model = Mailbox
        fields = [
            "name", "use", "address", "kind", "host", "port", "security", "username", "folder",
            "plus_addresses", "is_active",
        ]  # fmt: skip

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("kind") == Mailbox.Kind.IMAP:
            for name in ("host", "username"):
                if not data.get(name):
                    self.add_error(name, gettext("A mailbox needs this."))
            if not data.get("password") and not self.instance.secret:
                self.add_error("password", gettext("A mailbox needs this."))
        return data
