"""One task: what, until when, who, about whom."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from crm import access, accounts
from crm.forms.look import DateInput, Look
from crm.models import Business, Customer, Task, User


class TimeInput(forms.TimeInput):
    """The browser's own field for a time of the day."""

    input_type = "time"

    def __init__(self) -> None:
        super().__init__(format="%H:%M")


class TaskForm(Look, forms.ModelForm):  # type: ignore[type-arg]
    """`user` fills it in; the customer is given by the page."""

    class Meta:
        model = Task
        fields = ["title", "due_on", "due_time", "owner", "repeat"]
        widgets = {
            "title": forms.TextInput(attrs={"autocomplete": "off"}),
            "due_on": DateInput(),
            "due_time": TimeInput(),
        }
        error_messages = {"title": {"required": _("Write what there is to do.")}}

    def __init__(self, *args: Any, user: User, customer: Customer | None = None, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.customer = customer
        doers = User.objects.filter(is_active=True).order_by("name", "email")
        doers = doers.exclude(role=User.Role.ANALYST)
        if owner := self.fields.get("owner"):
            owner.queryset = doers  # type: ignore[attr-defined]
            owner.empty_label = _("Nobody yet")  # type: ignore[attr-defined]
        if not self.instance.pk:
            self.initial.setdefault("owner", user.pk)
        if "owner" in self.fields and accounts.is_solo(Business.current()):  # Nobody else could do it.
            self.instance.owner = self.instance.owner or user
            del self.fields["owner"]

    def clean_owner(self) -> User | None:
        doer: User | None = self.cleaned_data["owner"]
        person = self.customer or self.instance.customer
        if doer and person and not access.customers(doer).filter(pk=person.pk).exists():
            raise forms.ValidationError(
                gettext("%(name)s does not see this customer, so could not do it.") % {"name": doer}
            )
        return doer

    def clean(self) -> dict[str, Any]:
        data = super().clean() or self.cleaned_data
        if data.get("due_time") and not data.get("due_on") and "due_on" not in self.errors:
            self.add_error("due_on", gettext("Which day is this time on?"))
        return data


class QuickTaskForm(TaskForm):
    """The one line on the page of the day."""

    class Meta(TaskForm.Meta):
        fields = ["title", "due_on"]
