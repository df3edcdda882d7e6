"""Sensitive own fields: values lie encrypted, are seen by chosen roles only, and each look is written down.

Such a field is no part of rules, lists, search, mails or the API: all of these ask `custom_fields.plain()`.
Files may fill it, see `crm.imports.sealing`. Switching it on or off moves the values in small steps; killed
in between, the next run goes on.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Collection, Iterable
from itertools import chain
from typing import Any

from django.db import transaction
from django.utils.translation import gettext as _

from crm import access, audit, masking
from crm.custom_fields import Stored
from crm.encryption import open_value
from crm.errors import Refusal
from crm.models import AuditEntry, Customer, CustomField, SensitiveValue, User

STEP = 500
HIDDEN = "•••"
READERS = (User.Role.MANAGER, User.Role.MARKETER, User.Role.SERVICE)  # The owner always.
type Use = Callable[[CustomField], Iterable[str]]
type Follow = Callable[[CustomField], None]
Moving = CustomField.Moving

_uses: list[Use] = []
_follow: dict[bool, list[Follow]] = {True: [], False: []}


def used_in(use: Use) -> Use:
    """Let `use(field)` name what would stop working without the field: segments, mails."""
    if use not in _uses:
        _uses.append(use)
    return use


def followed_by(follow: Follow, *, on: bool) -> Follow:
    """Let `follow(field)` do the same elsewhere once all values are encrypted, or plain again."""
    if follow not in _follow[on]:
        _follow[on].append(follow)
    return follow


def uses(field: CustomField) -> list[str]:
    """The names of what stands on this field."""
    return sorted(set(chain.from_iterable(use(field) for use in _uses)))


def may_see(user: User, field: CustomField) -> bool:
    if masking.active():
        return False
    return user.role == User.Role.OWNER or (user.role in READERS and user.role in field.readers)


def may_open(user: User, fields: Iterable[CustomField]) -> bool:
    """Whether there is anything to open on a customer's page."""
    return access.may(user, access.Right.EDIT) and any(may_see(user, field) for field in fields)


def may_see_all(user: User, customer: Customer) -> bool:
    """Whether nothing that is kept of this person is hidden from this member of staff."""
    fields = CustomField.objects.filter(sensitive_values__customer=customer).distinct()
    return all(may_see(user, field) for field in fields)


def readable(user: User) -> list[CustomField]:
    """The sensitive fields that this member of staff may open."""
    return [field for field in CustomField.objects.filter(sensitive=True) if may_see(user, field)]


def switch(field: CustomField, *, on: bool) -> None:
    """Begin to move the values; Refusal names what uses the field in the open."""
    if on == field.sensitive and field.moving != Moving.OPENING:
        return
    if on and (found := uses(field)):
        names = ", ".join(found[:5])
        raise Refusal(
            _("This field is in use, so it cannot become sensitive: %(names)s. Take it out there first.")
            % {"names": names}
        )
    moving = Moving.SEALING if on else Moving.OPENING
    CustomField.objects.filter(pk=field.pk).update(sensitive=True, moving=moving)
    transaction.on_commit(lambda: _soon(field.pk), robust=True)  # Lost: the schedule finds it.
    if on and (copy := CustomField.objects.filter(key=field.changed_from.get("copy") or "-").first()):
        switch(copy, on=True)  # What people had written before the kind was changed.


def _soon(pk: int) -> None:
    from crm.tasks import move_sensitive  # The tasks import this.

    move_sensitive.delay(pk)


def values(customer: Customer, fields: Collection[CustomField]) -> dict[str, Stored]:
    """{key: value}, decrypted."""
    found = SensitiveValue.objects.filter(customer=customer, field__in=fields).select_related("field")
    return {one.field.key: json.loads(one.value) for one in found}


def keys_with_value(customer: Customer) -> set[str]:
    return set(customer.sensitive_values.values_list("field__key", flat=True))


@transaction.atomic
def write(customer: Customer, field: CustomField, value: Stored) -> None:
    """Keep the value encrypted; None takes it away."""
    _lock(field.pk)
    mine = SensitiveValue.objects.filter(customer=customer, field=field)
    if value is None:
        mine.delete()
    elif not mine.update(value=json.dumps(value)):
        SensitiveValue.objects.create(customer=customer, field=field, value=json.dumps(value))


def waiting() -> list[int]:
    """Fields whose values are on their way, and sensitive ones of which plain values turned up."""
    moving = list(CustomField.objects.exclude(moving=Moving.NOT).values_list("pk", flat=True))
    for field in CustomField.objects.filter(sensitive=True, moving=Moving.NOT):
        if Customer.objects.filter(custom__has_key=field.key).exists():
            CustomField.objects.filter(pk=field.pk, moving=Moving.NOT).update(moving=Moving.SEALING)
            moving.append(field.pk)
    return moving


def move(pk: int) -> int:
    """Move what is left of one field; returns how many values that were. May be killed and repeated."""
    moved = 0
    while field := CustomField.objects.filter(pk=pk).exclude(moving=Moving.NOT).first():
        step = _seal_some(field) if field.moving == Moving.SEALING else _open_some(field)
        moved += step
        if not step:
            _arrive(field)
            break
    return moved


@transaction.atomic
def _seal_some(field: CustomField) -> int:
    if not _lock(field.pk, Moving.SEALING):
        return 0
    people = list(
        Customer.objects.select_for_update().filter(custom__has_key=field.key).order_by("pk")[:STEP]
    )
    SensitiveValue.objects.bulk_create(
        [
            SensitiveValue(customer=one, field=field, value=json.dumps(open_value(one.custom[field.key])))
            for one in people
            if one.custom[field.key] is not None
        ],
        update_conflicts=True, unique_fields=["customer", "field"], update_fields=["value"],
    )  # fmt: skip
    for one in people:
        one.custom = {key: value for key, value in one.custom.items() if key != field.key}
    Customer.objects.bulk_update(people, ["custom"])
    return len(people)


@transaction.atomic
def _open_some(field: CustomField) -> int:
    if not _lock(field.pk, Moving.OPENING):
        return 0
    found = list(SensitiveValue.objects.filter(field=field).order_by("pk").select_related("customer")[:STEP])
    for one in found:
        one.customer.custom = {**one.customer.custom, field.key: json.loads(one.value)}
    Customer.objects.bulk_update([one.customer for one in found], ["custom"])
    SensitiveValue.objects.filter(pk__in=[one.pk for one in found]).delete()
    return len(found)


def _arrive(field: CustomField) -> None:
    """SEALING, OPENING → NOT: no value is left, and now what earlier work kept of them."""
    on = field.moving == Moving.SEALING
    if on:
        _hide_history(field)
    for follow in _follow[on]:
        follow(field)
    CustomField.objects.filter(pk=field.pk, moving=field.moving).update(moving=Moving.NOT, sensitive=on)


def _lock(pk: int, moving: str | None = None) -> bool:
    """One writer of this field at a time; whether it still moves that way."""
    mine = CustomField.objects.select_for_update().filter(pk=pk)
    return (mine.filter(moving=moving) if moving else mine).first() is not None


def move_soon(**_signal: Any) -> None:
    """After undoing: what it put back is moved as well."""
    for pk in waiting():
        _soon(pk)


@transaction.atomic
def _hide_history(field: CustomField) -> None:
    """What the audit log says of earlier changes."""
    names = (f"custom_{field.key}", f"custom.{field.key}")
    with audit.passage():
        for entry in (
            AuditEntry.objects.filter(kind="customer")
            .exclude(before__isnull=True, after__isnull=True)
            .iterator()
        ):
            sides = {side: _without(getattr(entry, side), names, field.key) for side in ("before", "after")}
            if any(sides[side] != getattr(entry, side) for side in sides):
                AuditEntry.objects.filter(pk=entry.pk).update(**sides)


def _without(said: Any, names: Collection[str], key: str) -> Any:
    if not isinstance(said, dict):
        return said
    kept = {name: HIDDEN if name in names and value else value for name, value in said.items()}
    if isinstance(own := kept.get("custom"), dict) and own.get(key):
        kept["custom"] = {**own, key: HIDDEN}
    return kept
