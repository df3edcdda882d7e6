"""What crm itself can do to many customers: tags, fields, who looks after them, objections, deleting."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django import forms
from django.db.models import Q
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from crm import consent, custom_fields, journal, removing, tagging
from crm.access import Right
from crm.bulk_actions.kinds import Action, Task, register
from crm.errors import Refusal
from crm.forms.look import Look
from crm.listing.catalogue import staff_choices, tag_choices
from crm.models import Consent, Customer, CustomerTag, CustomField, Suppression, Tag, User

FIELDS = ("country", "city", "gender", "language", "source")


def _column(name: str) -> Any:
    return Customer._meta.get_field(name)


def _label(name: str) -> str:
    return str(_column(name).verbose_name).capitalize()


class TagForm(Look, forms.Form):
    tag = forms.CharField(
        label=gettext_lazy("Tag"), max_length=60, widget=forms.TextInput(attrs={"list": "tags"})
    )

    def known(self) -> list[str]:
        return tag_choices()

    def clean_tag(self) -> str:
        return " ".join(str(self.cleaned_data["tag"]).split())


class TagChoice(forms.ModelChoiceField):  # type: ignore[type-arg]
    def label_from_instance(self, obj: Any) -> str:
        return str(obj.shown)


class KnownTagForm(Look, forms.Form):
    tag = TagChoice(Tag.objects.all(), label=gettext_lazy("Tag"), to_field_name="name")

    def clean_tag(self) -> str:
        return str(self.cleaned_data["tag"].name)


class FieldForm(Look, forms.Form):
    """One field and what shall stand in it for everybody; blank empties it."""

    field = forms.ChoiceField(label=gettext_lazy("Field"))
    value = forms.CharField(
        label=gettext_lazy("New value"),
        required=False,
        max_length=500,
        help_text=gettext_lazy("Leave it blank to empty the field."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        plain = [(name, _label(name)) for name in FIELDS]
        own = [(f"custom.{one.key}", one.label) for one in custom_fields.plain()]
        self.fields["field"].choices = [*plain, *own]  # type: ignore[attr-defined]

    def clean(self) -> dict[str, Any]:
        data = super().clean() or {}
        name, value = str(data.get("field", "")), str(data.get("value", "")).strip()
        if name.startswith("custom."):
            field = CustomField.objects.get(key=name.removeprefix("custom."))
            try:
                data["value"] = custom_fields.parse(field, value)
            except ValueError as error:
                self.add_error("value", str(error))
        elif name:
            longest = _column(name).max_length or 0
            if len(value) > longest:
                self.add_error("value", _("This text is longer than %(limit)d signs.") % {"limit": longest})
            data["value"] = value
        return data


class OwnerForm(Look, forms.Form):
    owner = forms.ChoiceField(label=gettext_lazy("Looked after by"), required=False)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["owner"].choices = [("", _("Nobody")), *staff_choices()]  # type: ignore[attr-defined]


class NothingForm(Look, forms.Form):
    """Nothing needs to be asked."""


def _add_tag(task: Task, ids: Sequence[int]) -> int:
    name = task.options["tag"]
    tag = tagging.named(name)
    if tag is None:
        tag, fresh = Tag.objects.get_or_create(name=name)
        if fresh:
            journal.created(task.journal, Tag, [tag.pk])
    have = set(CustomerTag.objects.filter(tag=tag, customer__in=ids).values_list("customer_id", flat=True))
    lacking = Customer.objects.filter(pk__in=set(ids) - have).values_list("pk", flat=True)
    rows = [CustomerTag(customer_id=pk, tag=tag, tagged_at=task.at) for pk in lacking]
    CustomerTag.objects.bulk_create(rows, ignore_conflicts=True)
    made = CustomerTag.objects.filter(tag=tag, customer__in=[one.customer_id for one in rows])
    journal.created(task.journal, CustomerTag, made.values_list("pk", flat=True))
    return len(rows)


def _remove_tag(task: Task, ids: Sequence[int]) -> int:
    uses = CustomerTag.objects.filter(tag__name=task.options["tag"], customer__in=ids)
    pks = list(uses.values_list("pk", flat=True))
    journal.keep(task.journal, CustomerTag, pks)
    return CustomerTag.objects.filter(pk__in=pks).delete()[0]


def _set_field(task: Task, ids: Sequence[int]) -> int:
    name, value = task.options["field"], task.options["value"]
    if name.startswith("custom."):
        return _set_own_field(task, ids, name.removeprefix("custom."), value)
    return _update(task, Customer.objects.filter(pk__in=ids).exclude(**{name: value}), {name: value})


def _set_own_field(task: Task, ids: Sequence[int], key: str, value: Any) -> int:
    if CustomField.objects.filter(key=key, sensitive=True).exists():
        raise Refusal(_("This field became sensitive, so it cannot be set for many at once."))
    people = list(Customer.objects.filter(pk__in=ids).only("pk", "custom"))
    changed = [one for one in people if one.custom.get(key) != value]
    journal.keep(task.journal, Customer, [one.pk for one in changed])
    for one in changed:
        kept = {name: old for name, old in one.custom.items() if name != key}
        one.custom = kept if value is None else {**kept, key: value}
    Customer.objects.bulk_update(changed, ["custom"], batch_size=500)
    return len(changed)


def _set_owner(task: Task, ids: Sequence[int]) -> int:
    owner = User.objects.filter(pk=task.options["owner"] or 0).first()
    other = Q(owner__isnull=False) if owner is None else ~Q(owner=owner) | Q(owner=None)
    return _update(task, Customer.objects.filter(other, pk__in=ids), {"owner": owner})


def _update(task: Task, people: Any, values: dict[str, Any]) -> int:
    pks = list(people.values_list("pk", flat=True))
    journal.keep(task.journal, Customer, pks)
    return int(Customer.objects.filter(pk__in=pks).update(**values))


def _withdraw(task: Task, ids: Sequence[int]) -> int:
    chosen = Customer.objects.filter(pk__in=ids).exclude(email_consent=Customer.EmailConsent.WITHDRAWN)
    people = list(chosen)
    emails = {one.email for one in people if one.email}
    meant = Customer.objects.filter(Q(pk__in=[one.pk for one in people]) | Q(email__in=emails))
    pks = list(meant.values_list("pk", flat=True))
    journal.keep(task.journal, Customer, pks)
    hashes = [consent.email_hash(one) for one in emails]
    known = set(Suppression.objects.filter(email_hash__in=hashes).values_list("pk", flat=True))
    before = set(Consent.objects.filter(customer__in=pks).values_list("pk", flat=True))
    changed = sum(consent.withdraw(one, source="staff", at=task.at) for one in people)
    made = Consent.objects.filter(customer__in=pks).exclude(pk__in=before).values_list("pk", flat=True)
    journal.created(task.journal, Consent, made)
    fresh = Suppression.objects.filter(email_hash__in=hashes).exclude(pk__in=known)
    journal.created(task.journal, Suppression, fresh.values_list("pk", flat=True))
    return changed


def _delete(task: Task, ids: Sequence[int]) -> int:
    return removing.remove(
        task.journal, list(Customer.objects.filter(pk__in=ids).values_list("pk", flat=True))
    )


def _field_title(options: dict[str, Any]) -> str:
    name, value = str(options["field"]), options["value"]
    if name.startswith("custom."):
        found = custom_fields.plain().filter(key=name.removeprefix("custom.")).first()
        label = str(found or name)
        shown = custom_fields.show(found, value) if found else str(value)
    else:
        label, shown = _label(name), str(value)
    if not shown:
        return _("Empty the field “%(field)s”") % {"field": label}
    return _("Set “%(field)s” to “%(value)s”") % {"field": label, "value": shown}


def _owner_title(options: dict[str, Any]) -> str:
    owner = User.objects.filter(pk=options["owner"] or 0).first()
    return _("Looked after by %(name)s") % {"name": owner or _("Nobody")}


def register_own() -> None:
    register(
        Action(
            "tag",
            gettext_lazy("Add a tag"),
            "tag",
            Right.EDIT,
            lambda _u, data: TagForm(data),
            lambda o: _("Add the tag “%(tag)s”") % o,
            _add_tag,
        )
    )
    register(
        Action(
            "untag",
            gettext_lazy("Take a tag off"),
            "tag-off",
            Right.EDIT,
            lambda _u, data: KnownTagForm(data),
            lambda o: _("Take off the tag “%(tag)s”") % o,
            _remove_tag,
        )
    )
    register(
        Action(
            "field",
            gettext_lazy("Set a field"),
            "pencil",
            Right.MANAGE,
            lambda _u, data: FieldForm(data),
            _field_title,
            _set_field,
        )
    )
    register(
        Action(
            "owner",
            gettext_lazy("Set who looks after them"),
            "user-check",
            Right.MANAGE,
            lambda _u, data: OwnerForm(data),
            _owner_title,
            _set_owner,
        )
    )
    _register_grave()


def _register_grave() -> None:
    register(
        Action(
            "withdraw",
            gettext_lazy("Note that they object to mail"),
            "mail-off",
            Right.MANAGE,
            lambda _u, data: NothingForm(data),
            lambda _o: _("Note an objection to mail"),
            _withdraw,
            warning=gettext_lazy(
                "They get no more marketing mail, nor does anybody else with the same address."
            ),
        )
    )
    register(
        Action(
            "delete",
            gettext_lazy("Delete"),
            "trash",
            Right.MANAGE,
            lambda _u, data: NothingForm(data),
            lambda _o: _("Delete customers"),
            _delete,
            warning=gettext_lazy(
                "Their purchases, mails, answers and notes go with them, and your figures change. You can "
                "undo it. To forget somebody for good, erase them on their page instead."
            ),
            dangerous=True,
        )
    )
