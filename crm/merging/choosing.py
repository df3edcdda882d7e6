"""Whose value stays: what can be chosen when people become one, and what stands unless somebody chooses."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

from django.db.models import Count

from crm import addresses
from crm.consent import email_hash
from crm.models import Customer, CustomField, Suppression

# Kept by the program, or settled by rules of their own below.
SETTLED: Final = frozenset({
    "id", "public_id", "search_text", "is_demo", "added_at", "described_at", "email_consent", "suppressed_at",
    "custom", "created_on", "tracking", "mail_read_on",
})  # fmt: skip
Consent = Customer.EmailConsent
STRICT: Final = ("", "full", "hygiene", "none")  # Who refused once has refused.

type Choices = Mapping[str, int]  # {field or "custom.<key>": whose value}


@dataclass(frozen=True, slots=True)
class Wishes:
    """What somebody chose in the preview; without any, the survivor's values stand and gaps are filled."""

    values: Choices = field(default_factory=dict)
    without_tags: frozenset[int] = frozenset()


@dataclass(frozen=True, slots=True)
class Row:
    """One field of the preview; `chosen` is the key of whose value stands."""

    name: str
    label: str
    values: dict[int, Any]
    chosen: int
    together: tuple[str, ...] = ()  # Of a list: everything that anybody's holds; there is nothing to choose.

    @property
    def differs(self) -> bool:
        return len({str(value) for value in self.values.values() if not _blank(value)}) > 1


def rows(people: Sequence[Customer], own_fields: Sequence[CustomField], choices: Choices) -> list[Row]:
    """What is known of whom, field by field; `people[0]` is who stays."""
    found = []
    lists = {f"custom.{one.key}" for one in own_fields if one.kind == CustomField.Kind.CHOICES}
    for name, label in _fields(own_fields):
        values = {one.pk: value_of(one, name) for one in people}
        if not all(_blank(value) for value in values.values()):
            together = _together(values) if name in lists else ()
            found.append(Row(name, label, values, _chosen(name, values, choices), together))
    return found


def _together(values: Mapping[int, Any]) -> tuple[str, ...]:
    parts = [part for value in values.values() if isinstance(value, list) for part in value]
    return tuple(dict.fromkeys(parts))


def _fields(own_fields: Sequence[CustomField]) -> list[tuple[str, str]]:
    plain = [one for one in Customer._meta.concrete_fields if one.name not in SETTLED]
    labels = [(one.name, str(one.verbose_name)) for one in plain]
    return labels + [(f"custom.{one.key}", one.label) for one in own_fields]


def value_of(person: Customer, name: str) -> Any:
    own = name.removeprefix("custom.")
    return person.custom.get(own) if own != name else getattr(person, name)


def _blank(value: Any) -> bool:
    return value is None or value in ("", [])


def _chosen(name: str, values: Mapping[int, Any], choices: Choices) -> int:
    first = next(iter(values))
    if choices.get(name) in values:
        return choices[name]
    return next((pk for pk, value in values.items() if not _blank(value)), first)


def survivor_of(people: Sequence[Customer]) -> Customer:
    """Who stays unless somebody says otherwise: who bought most, else who is longest in the books."""
    counted = Customer.objects.filter(pk__in=[one.pk for one in people]).annotate(bought=Count("purchases"))
    bought = dict(counted.values_list("pk", "bought"))
    return min(people, key=lambda one: (-bought.get(one.pk, 0), one.external_id is None, one.pk))


def apply(people: Sequence[Customer], own_fields: Sequence[CustomField], choices: Choices) -> Customer:
    """Write the chosen values into `people[0]`, unsaved; a no and a block outlive every choice."""
    survivor = people[0]
    custom = dict(survivor.custom)
    by_key = {one.pk: one for one in people}
    for one in people[1:]:  # Keys of fields that are no longer defined are kept as well.
        custom = {**one.custom, **custom}
    for row in rows(people, own_fields, choices):
        value = value_of(by_key[row.chosen], row.name)
        own = row.name.removeprefix("custom.")
        if row.together:
            custom[own] = list(row.together)
        elif own == row.name:
            setattr(survivor, row.name, value)
        elif _blank(value):
            custom.pop(own, None)
        else:
            custom[own] = value
    survivor.custom = custom
    survivor.email_consent = consent_of(people, survivor.email)
    survivor.suppressed_at = _blocked(people, survivor.email)
    survivor.tracking = max((one.tracking for one in people), key=STRICT.index)
    survivor.mail_read_on = max((one.mail_read_on for one in people if one.mail_read_on), default=None)
    survivor.created_on = min(one.created_on for one in people)
    known = [one.described_at for one in people if one.described_at]
    survivor.described_at = max(known, default=None)
    return survivor.prepare()


def consent_of(people: Sequence[Customer], email: str) -> str:
    """One no is a no. A yes counts for the address that it was said for."""
    said = {one.email_consent for one in people}
    if Consent.WITHDRAWN in said:
        return Consent.WITHDRAWN
    same = [one for one in people if addresses.tidy(one.email) == addresses.tidy(email)]
    return Consent.GRANTED if any(one.email_consent == Consent.GRANTED for one in same) else Consent.UNKNOWN


def _blocked(people: Sequence[Customer], email: str) -> Any:
    when = [one.suppressed_at for one in people if one.suppressed_at]
    listed = Suppression.objects.filter(email_hash=email_hash(email)).first() if email else None
    return min([*when, *([listed.at] if listed else [])], default=None)
