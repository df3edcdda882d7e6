"""Changing the kind of an own field: what would become of every value, and doing it so that none is lost.

What people wrote before stays beside it in an archived copy of the field, so a change can be taken back.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date
from itertools import chain
from typing import Any, NamedTuple

from django.db import connection, transaction
from django.db.models import Q
from django.utils import timezone
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import audit, custom_fields, sensitive
from crm.custom_fields import Stored
from crm.errors import Refusal
from crm.models import Customer, CustomerView, CustomField, ImportProfile, SignUpForm, User

AT_ONCE = 5000
SHOWN, PEOPLE = 10, 3  # Values that do not fit, and people of each, on the preview.
MOST_CHOICES = 30
REMEMBERED = ("kind", "choices", "minimum", "maximum", "pattern", "default")
type Breaks = Callable[[CustomField], Iterable[str]]

_breaks: list[Breaks] = []


def breaks_in(breaks: Breaks) -> Breaks:
    """Let `breaks(field as it would become)` name what would stop working: rules."""
    if breaks not in _breaks:
        _breaks.append(breaks)
    return breaks


class Read(NamedTuple):
    value: Stored
    problem: str = ""


@dataclass(slots=True)
class Misfit:
    """A value that the new kind does not understand, with some of the people who have it."""

    text: str
    count: int
    reason: str
    raw: str
    people: list[Customer] = field(default_factory=list)


@dataclass(frozen=True, slots=True)
class Outlook:
    """What a change would do. `samples` are (before, after) of values that fit and look different then."""

    fitting: int
    misfitting: int
    misfits: list[Misfit]
    samples: list[tuple[str, str]]
    uses: list[str]
    breaking: list[str]


def as_kind(own: CustomField, kind: str, choices: list[str]) -> CustomField:
    """The field as it would become; limits of the old kind mean nothing any more."""
    return CustomField(key=own.key, label=own.label, kind=kind, choices=choices)


def uses(own: CustomField) -> list[str]:
    """Everything that names the field: segments, mails, views, sign-up forms and remembered files."""
    name = f"custom.{own.key}"
    views = (one.name for one in CustomerView.objects.all() if name in one.query or name in one.columns)
    forms = (one.name for one in SignUpForm.objects.all() if {name, f"{name}!"} & set(one.fields))
    files = (one.file_name for one in ImportProfile.objects.all() if name in one.mapping.values())
    return sorted({*sensitive.uses(own), *views, *forms, *files})


def read(value: Any, target: CustomField) -> Read:
    """A stored value as the new kind understands it, or why it does not."""
    try:
        return Read(custom_fields.parse(target, _plain(value, target)))
    except ValueError as error:
        return Read(None, str(error))


def _plain(value: Any, target: CustomField) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return "; ".join(str(one) for one in value)
    if target.kind == CustomField.Kind.DATE and "T" in str(value):
        return str(value).partition("T")[0]
    return str(value)


def look(own: CustomField, target: CustomField) -> Outlook:
    """Read every value that there is, each different one once."""
    fitting = misfitting = 0
    misfits: list[Misfit] = []
    samples: list[tuple[str, str]] = []
    for raw, count in _different(own.key):
        value = json.loads(raw)
        found = read(value, target)
        if found.problem:
            misfitting += count
            misfits.append(Misfit(custom_fields.show(own, value), count, found.problem, raw))
            continue
        fitting += count
        before, after = custom_fields.show(own, value), custom_fields.show(target, found.value)
        if before != after and len(samples) < SHOWN:
            samples.append((before, after))
    misfits = sorted(misfits, key=lambda one: -one.count)[:SHOWN]
    _find_people(own.key, misfits)
    breaking = sorted(set(chain.from_iterable(breaks(target) for breaks in _breaks)))
    return Outlook(fitting, misfitting, misfits, samples, uses(own), breaking)


def suggested_choices(own: CustomField) -> list[str]:
    """The values in use, the most usual first, where they are few enough to choose from."""
    found = list(_different(own.key))
    if len(found) > MOST_CHOICES:
        return []
    values = [json.loads(raw) for raw, _count in sorted(found, key=lambda one: -one[1])]
    parts = chain.from_iterable(one if isinstance(one, list) else [one] for one in values)
    texts = (custom_fields.show(own, one).strip()[:80] for one in parts)
    return list(dict.fromkeys(text for text in texts if text))


def _column() -> tuple[str, str]:
    """The value of a key as JSON text in SQL, and how its parameter is written."""
    if connection.vendor == "postgresql":
        return "(custom -> %s)::text", "{}"
    return "(custom -> %s)", '$."{}"'


def _different(key: str) -> Iterator[tuple[str, int]]:
    sql, path = _column()
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT raw, COUNT(*) FROM (SELECT {sql} AS raw FROM crm_customer) found"
            " WHERE raw IS NOT NULL AND raw NOT IN ('null', '\"\"') GROUP BY raw ORDER BY COUNT(*) DESC, raw",
            [path.format(key)],
        )
        yield from cursor.fetchall()


def _find_people(key: str, misfits: list[Misfit]) -> None:
    """Some people for each value, in two statements."""
    if not misfits:
        return
    sql, path = _column()
    marks = ", ".join(["%s"] * len(misfits))
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT raw, id FROM (SELECT raw, id, ROW_NUMBER() OVER (PARTITION BY raw ORDER BY id) AS place"
            f" FROM (SELECT id, {sql} AS raw FROM crm_customer) found WHERE raw IN ({marks})) counted"
            f" WHERE place <= {PEOPLE}",
            [path.format(key), *(one.raw for one in misfits)],
        )
        found = cursor.fetchall()
    people = Customer.objects.in_bulk([pk for _raw, pk in found])
    for one in misfits:
        one.people = [people[pk] for raw, pk in found if raw == one.raw and pk in people]


@transaction.atomic
def change(own: CustomField, target: CustomField, *, agreed: int, by: User, on: date) -> int:
    """Turn every value into the new kind; returns how many did not fit and are in the copy only.

    Refusal when more would not fit than was agreed to, or when a rule would not work any more.
    """
    own = CustomField.objects.select_for_update().get(pk=own.pk)
    _refuse(own, target)
    copy = _copy_of(own, on)
    lost = 0
    for rows in _batches(Q(custom__has_key=own.key)):
        patches = []
        for pk, custom in rows:
            value = custom[own.key]
            found = read(value, target)
            lost += bool(found.problem)
            patches.append((pk, _told({own.key: found.value, copy.key: value})))
        _write(patches, [own.key])
    if lost > agreed:
        raise Refusal(_("Values changed meanwhile, and more do not fit now. Look at the preview again."))
    before = {name: getattr(own, name) for name in REMEMBERED}
    after = {name: getattr(target, name) for name in REMEMBERED}
    CustomField.objects.filter(pk=own.pk).update(**after, changed_from={**before, "copy": copy.key})
    audit.record(by, "changed", own, change=({"kind": before["kind"]}, {"kind": target.kind}))
    return lost


@transaction.atomic
def change_back(own: CustomField, *, by: User) -> int:
    """Take the last change back; returns how many values that were.

    Who was edited since keeps the newer value, read as the old kind.
    """
    own = CustomField.objects.select_for_update().get(pk=own.pk)
    copy = copy_in_use(own)
    if copy is None:
        raise Refusal(_("The copy of the earlier values is gone, so this cannot be taken back."))
    target = as_kind(own, own.changed_from["kind"], own.changed_from["choices"])
    _refuse(own, target)
    count = unfit = 0
    for rows in _batches(Q(custom__has_key=own.key) | Q(custom__has_key=copy.key)):
        patches = []
        for pk, custom in rows:
            now, first = custom.get(own.key), custom.get(copy.key)
            untouched = first is not None and read(first, own).value == now
            found = Read(first) if untouched else read(now, target)
            unfit += bool(found.problem)
            patches.append((pk, _told({own.key: found.value})))
        _write(patches, [own.key, copy.key])
        count += len(patches)
    if unfit:
        raise Refusal(
            ngettext(
                "%(n)d value was edited since and does not fit the old kind. Change the kind with a preview.",
                "%(n)d values were edited since and do not fit the old kind. Change the kind with a preview.",
                unfit,
            )
            % {"n": unfit}
        )
    before = {name: own.changed_from[name] for name in REMEMBERED}
    CustomField.objects.filter(pk=own.pk).update(**before, changed_from={})
    audit.record(by, "changed", own, change=({"kind": own.kind}, {"kind": target.kind}))
    copy.delete()
    return count


def archive(own: CustomField, *, by: User) -> None:
    """Put the field away: nothing asks for it or shows it, its values stay. Refused while in use."""
    if names := sensitive.uses(own):
        raise Refusal(
            _("This field is in use, so it cannot go into the archive: %(names)s. Take it out there first.")
            % {"names": ", ".join(names[:5])}
        )
    if CustomField.objects.filter(pk=own.pk, archived_at=None).update(archived_at=timezone.now()):
        audit.record(by, "changed", own, detail="archived")


def restore(own: CustomField, *, by: User) -> None:
    if CustomField.objects.filter(pk=own.pk).exclude(archived_at=None).update(archived_at=None):
        audit.record(by, "changed", own, detail="restored")


def copy_in_use(own: CustomField) -> CustomField | None:
    """The archived field that holds what was there before the last change of kind."""
    return CustomField.objects.filter(key=own.changed_from.get("copy") or "-").first()


def _refuse(own: CustomField, target: CustomField) -> None:
    if own.sensitive or own.moving:
        raise Refusal(_("The values of a sensitive field are encrypted, so its kind stays."))
    breaking = sorted(set(chain.from_iterable(breaks(target) for breaks in _breaks)))
    if breaking:
        raise Refusal(
            _("These rules would not work any more: %(names)s. Change them first.")
            % {"names": ", ".join(breaking[:5])}
        )


def _copy_of(own: CustomField, on: date) -> CustomField:
    label = _("%(label)s (before %(day)s)") % {
        "label": own.label[:50],
        "day": date_format(on, "SHORT_DATE_FORMAT"),
    }
    values = {name: getattr(own, name) for name in ("kind", "choices", "is_demo", "position", "readers")}
    archived = {"archived_at": timezone.now()}
    return CustomField.objects.create(
        key=custom_fields.new_key(f"{own.key} before"), label=label, **values, **archived
    )


def _batches(having: Q) -> Iterator[list[tuple[int, dict[str, Any]]]]:
    """(pk, custom) of everybody, locked, some thousand at a time."""
    last = 0
    people = Customer.objects.filter(having).order_by("pk").select_for_update()
    while rows := list(people.filter(pk__gt=last).values_list("pk", "custom")[:AT_ONCE]):
        yield rows
        last = rows[-1][0]


def _told(values: dict[str, Stored]) -> dict[str, Stored]:
    return {key: value for key, value in values.items() if value is not None}


def _write(patches: list[tuple[int, dict[str, Stored]]], gone: list[str]) -> None:
    """Take these keys out of `custom` of each, and put the patch in."""
    rows = json.dumps(patches)
    if connection.vendor == "postgresql":
        sql = (
            "UPDATE crm_customer SET custom = (custom - %s::text[]) || told.patch FROM ("
            "SELECT (one ->> 0)::bigint AS id, one -> 1 AS patch FROM jsonb_array_elements(%s::jsonb) one)"
            " told WHERE crm_customer.id = told.id"
        )
        values: list[Any] = [gone, rows]
    else:
        removed = ", ".join(["%s"] * len(gone))
        sql = (
            f"UPDATE crm_customer SET custom = json_patch(json_remove(custom, {removed}), told.patch) FROM ("
            "SELECT json_extract(value, '$[0]') AS id, json_extract(value, '$[1]') AS patch"
            " FROM json_each(%s)) told WHERE crm_customer.id = told.id"
        )
        values = [*(f'$."{key}"' for key in gone), rows]
    with connection.cursor() as cursor:
        cursor.execute(sql, values)
