"""What customers can be narrowed by and shown with: our own fields, the shop's, and what apps registered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from functools import cached_property

from django.core.cache import cache
from django.db.models import Exists, Q
from django.db.models.lookups import GreaterThanOrEqual, LessThanOrEqual
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy

from crm import code_words, custom_fields, groups, tag_names
from crm.listing import columns, filters
from crm.listing.columns import Column
from crm.listing.filters import Filter
from crm.listing.values import day_span, number_span
from crm.models import Customer, CustomerTag, CustomField, Purchase, Tag, User

PERSON, CONTACT = gettext_lazy("Who it is"), gettext_lazy("How to reach them")
BOUGHT, OWN = gettext_lazy("What they bought"), gettext_lazy("Your own fields")
type Pairs = list[tuple[str, str]]


class Catalogue:
    """The filters and columns of this moment; reads the shop's own fields once."""

    @cached_property
    def own_fields(self) -> list[CustomField]:
        return list(custom_fields.plain())

    @cached_property
    def filters(self) -> dict[str, Filter]:
        own = [replace(_own_filter(one), personal=True) for one in self.own_fields]
        return {**filters.registered(), **{one.key: one for one in own}}

    @cached_property
    def columns(self) -> dict[str, Column]:
        own = {(made := columns.of_own_field(one)).key: made for one in self.own_fields}
        return {**columns.registered(), **own}

    def chosen(self, keys: Sequence[str]) -> list[Column]:
        return [self.columns[key] for key in keys if key in self.columns]


def _own_filter(field: CustomField) -> Filter:
    key, path = f"custom.{field.key}", f"custom__{field.key}"
    match field.kind:
        case CustomField.Kind.NUMBER | CustomField.Kind.MONEY:
            return filters.Filter(
                key, field.label, filters.Kind.NUMBER, _own_number(field.key), group=OWN, may_miss=True
            )
        case CustomField.Kind.DATE:
            return filters.Filter(
                key, field.label, filters.Kind.DAY, _own_day(field.key), group=OWN, may_miss=True
            )
        case CustomField.Kind.CHOICE:
            pairs = [(str(one), str(one)) for one in field.choices]
            return filters.choice(key, field.label, path, lambda: pairs, group=OWN, empty=_lacks(field.key))
        case CustomField.Kind.YES_NO:
            yes, no = Q(**{path: True}), Q(**{path: False})
            answers = {"yes": yes, "no": no, "unknown": ~(yes | no) | _lacks(field.key)}
            return filters.only(key, field.label, _yes_no_unknown, answers.get, group=OWN)
    return filters.Filter(key, field.label, filters.Kind.TEXT, _own_text(field.key), group=OWN, personal=True)


def _lacks(key: str) -> Q:
    return ~Q(custom__has_key=key)


def _own_text(key: str) -> filters.Reading:
    def condition(value: str, _today: object) -> Q:
        if value in ("-", "*"):
            return _lacks(key) if value == "-" else Q(custom__has_key=key)
        return Q(**{f"custom__{key}__icontains": value})

    return condition


def _own_number(key: str) -> filters.Reading:
    """Only numbers count, whatever else an import left there."""

    def condition(value: str, _today: object) -> Q | None:
        if value in ("-", "*"):
            return _lacks(key) if value == "-" else Q(custom__has_key=key)
        span = number_span(value)
        if span is None:
            return None
        number = columns.OwnNumber(key)
        least = Q() if span.least is None else Q(GreaterThanOrEqual(number, float(span.least)))
        return least if span.greatest is None else least & Q(LessThanOrEqual(number, float(span.greatest)))

    return condition


def _own_day(key: str) -> filters.Reading:
    """Days are stored as ISO texts, whose order is that of the days."""

    def condition(value: str, today: object) -> Q | None:
        if value in ("-", "*"):
            return _lacks(key) if value == "-" else Q(custom__has_key=key)
        span = day_span(value, today)  # type: ignore[arg-type]
        if span is None:
            return None
        least = span.least.isoformat() if span.least else None
        return filters.between(f"custom__{key}", least, span.greatest and span.greatest.isoformat())

    return condition


def yes_no() -> Pairs:
    return [("yes", _("Yes")), ("no", _("No"))]


def _yes_no_unknown() -> Pairs:
    return [*yes_no(), ("unknown", _("Unknown"))]


def consent_choices() -> Pairs:
    return [
        ("reachable", _("Can get mail")),
        ("granted", _("Agreed to mail")),
        ("withdrawn", _("Objected to mail")),
        ("unknown", _("Not asked about mail")),
    ]


def bought_choices() -> Pairs:
    return [("yes", _("Has bought")), ("never", _("Never bought"))]


def used(column: str) -> Pairs:
    """The values of a column in use; remembered for a minute, because finding them reads every customer."""

    def values() -> list[str]:
        found = Customer.objects.exclude(**{column: ""}).order_by(column)
        return list(found.values_list(column, flat=True).distinct()[:300])

    return [(one, one) for one in cache.get_or_set(f"customer-{column}", values, 60) or []]


def country_choices() -> list[str]:
    return [code for code, _name in used("country")]


def tag_choices() -> list[str]:
    return list(Tag.objects.values_list("name", flat=True)[:300])


def staff_choices() -> Pairs:
    staff = User.objects.filter(is_active=True).order_by("name", "email")[:300]
    return [(str(one.pk), str(one)) for one in staff]


def _worded(column: str) -> filters.Choices:
    return lambda: [(code, code_words.said(column, code)) for code, _name in used(column)]


def _consent(value: str) -> Q | None:
    if value == "reachable":
        return Q(email_consent=Customer.EmailConsent.GRANTED, suppressed_at=None) & ~Q(email="")
    return Q(email_consent=value) if value in Customer.EmailConsent.values else None


def _tag(value: str, _today: object) -> filters.Meaning:
    tagged = CustomerTag.objects.filter(customer=filters.outer())
    if value in ("-", "*"):
        return ~Exists(tagged) if value == "-" else Exists(tagged)
    return Exists(tagged.filter(tag__name__iexact=value))


def _owner(value: str, _today: object) -> Q | None:
    if value in ("-", "*"):
        return Q(owner__isnull=value == "-")
    return Q(owner=int(value)) if value.isdecimal() and len(value) < 10 else None


def _bought(value: str) -> filters.Meaning:
    sales = Exists(Purchase.objects.counting().filter(customer=filters.outer()))
    return {"yes": sales, "never": ~sales}.get(value)


def _has(column: str) -> filters.Condition:
    return {"yes": ~Q(**{column: ""}), "no": Q(**{column: ""})}.get


def register() -> None:
    """Our own filters; called when the program starts, before the apps above add theirs."""
    _register_who()
    add = filters.register
    add(filters.only("consent", pgettext_lazy("filter", "Consent"), consent_choices, _consent, group=CONTACT))
    add(filters.only("has_email", gettext_lazy("Has an e-mail"), yes_no, _has("email"), group=CONTACT))
    add(filters.only("has_phone", gettext_lazy("Has a phone"), yes_no, _has("phone"), group=CONTACT))
    add(filters.text("email", gettext_lazy("E-mail"), "email", group=CONTACT, personal=True))
    add(filters.text("phone", gettext_lazy("Phone"), "phone", group=CONTACT, personal=True))
    add(filters.only("bought", gettext_lazy("Purchases"), bought_choices, _bought, group=BOUGHT))


def _register_who() -> None:
    add, kind = filters.register, filters.Kind
    add(_in_use("country", gettext_lazy("Country")))
    add(filters.text("city", gettext_lazy("City"), "city", group=PERSON, personal=True))
    add(filters.Filter("tag", gettext_lazy("Tag"), kind.CHOICE, _tag, _tags, PERSON))
    add(
        filters.Filter(
            "group",
            gettext_lazy("Household or company"),
            kind.CHOICE,
            groups.condition,
            groups.choices,
            PERSON,
        )
    )
    add(filters.Filter("owner", gettext_lazy("Looked after by"), kind.CHOICE, _owner, staff_choices, PERSON))
    add(filters.text("last_name", gettext_lazy("Last name"), "last_name", group=PERSON, personal=True))
    add(filters.text("first_name", gettext_lazy("First name"), "first_name", group=PERSON, personal=True))
    add(_in_use("gender", gettext_lazy("Gender"), _worded("gender")))
    add(_in_use("language", gettext_lazy("Language"), _worded("language")))
    add(_in_use("source", gettext_lazy("Source")))
    add(filters.day("birth_date", gettext_lazy("Date of birth"), "birth_date", group=PERSON, personal=True))
    add(filters.day("created", gettext_lazy("Customer since"), "created_on", group=PERSON, may_miss=False))


def _in_use(column: str, label: Promise, choices: filters.Choices | None = None) -> Filter:
    listed = choices or (lambda: used(column))
    one = filters.choice(column, label, column, listed, group=PERSON, empty=Q(**{column: ""}))
    return replace(one, word=lambda value: code_words.said(column, value))


def _tags() -> Pairs:
    return [(one, tag_names.shown(one)) for one in tag_choices()]
