"""Columns that fill sensitive own fields: their cells travel sealed from the file to the table.

A cell is sealed where it is read. So staged rows, rows kept aside and the file of errors hold sealed text
only, which the same field opens again when the corrected file comes back; what was learned of the column by
example is forgotten, and the uploaded file goes when the import is done.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any, Final

from crm import bulk, encryption, sensitive
from crm.imports import parsing
from crm.imports.kinds import Plan
from crm.models import CustomField, ImportBatch, SensitiveValue
from crm.spreadsheets import unguarded

OWN: Final = "custom."
SEALED: Final = "sealed."  # How the field of such a column is called between reading and writing.
HIDDEN: Final = sensitive.HIDDEN
# Stand for what a column really holds where a question about its style needs an example.
EXAMPLES: Final = {
    "either": "03/04/2025",
    "dmy": "31/12/2025",
    "mdy": "12/31/2025",
    "ymd": "2025-12-31",
    "compact": "20251231",
    "named": "31 Dec 2025",
    ".": "1234.5",
    ",": "1234,5",
    "?.": "1.234",
    "?,": "1,234",
}
State = ImportBatch.State

type Facts = Mapping[str, Mapping[str, tuple[str, Any]]]
type Secret = tuple[str, int, int]  # Whose it is: key of the person, customer, field.


def fields_of(batch: ImportBatch) -> dict[str, CustomField]:
    """Column → the sensitive field that it fills."""
    own = {name[len(OWN) :]: column for column, name in batch.mapping.items() if name.startswith(OWN)}
    found = CustomField.objects.filter(key__in=list(own), sensitive=True) if own else ()
    return {own[field.key]: field for field in found}


def is_secret(name: str) -> bool:
    """Whether this field of an import is a sensitive one."""
    own = CustomField.objects.filter(key=name[len(OWN) :], sensitive=True)
    return name.startswith(OWN) and own.exists()


def names_of(batch: ImportBatch) -> list[str]:
    """The fields that columns mean, sensitive ones by their name between reading and writing."""
    secret = fields_of(batch)
    return [f"{SEALED}{secret[column].key}" if column in secret else name
            for column, name in batch.mapping.items()]  # fmt: skip


def places(batch: ImportBatch) -> dict[int, str]:
    """The place of each sensitive column in a row → the key of its field."""
    columns = batch.findings["columns"]
    return {columns.index(column): field.key for column, field in fields_of(batch).items()}


def reader(key: str, parse: parsing.Parser) -> parsing.Parser:
    """The same parser, but what it gives is sealed; a cell that an error file sealed is opened first."""

    def read(cell: str) -> str | None:
        value = parse(_opened(key, cell))
        plain = value.isoformat() if isinstance(value, date) else value
        return None if plain in (None, "") else encryption.seal(json.dumps(plain))

    return read


def cells(row: Sequence[str], secret: Mapping[int, str]) -> list[str]:
    """A row as it may be kept: its sensitive cells sealed, each for its own field only."""
    return [
        encryption.seal(json.dumps([secret[place], cell])) if place in secret and _is_open(cell) else cell
        for place, cell in enumerate(row)
    ]


def shown(cell: str) -> str:
    """A kept cell as a page may show it."""
    return HIDDEN if encryption.is_sealed(cell) else cell


def _is_open(cell: str) -> bool:
    return bool(cell.strip()) and not encryption.is_sealed(cell)


def _opened(key: str, cell: str) -> str:
    if not encryption.is_sealed(cell):
        return cell
    try:
        said, text = json.loads(encryption.open(cell))
    except (encryption.Unreadable, ValueError, TypeError):
        raise parsing.Bad("bad_seal") from None
    if said != key:  # Else another field's readers would come to see it.
        raise parsing.Bad("bad_seal")
    return unguarded(str(text).strip()).strip()


def hide(batch: ImportBatch) -> None:
    """Forget what the study of the file keeps of these columns by example; the caller saves the findings."""
    for place in places(batch) if batch.findings else ():
        study = batch.findings["studies"][place]
        study |= {
            "samples": [HIDDEN] if study["samples"] else [],
            "few": [],
            "choices": [],
            "examples": {shape: EXAMPLES.get(shape, HIDDEN) for shape in study["examples"]},
        }


def under_way(field: CustomField) -> Iterable[str]:
    """Imports that would write this field in the open: it cannot become sensitive before they are done."""
    open_states = (State.QUEUED, State.RUNNING, State.FAILED, State.UNDOING)
    for batch in ImportBatch.objects.filter(state__in=open_states).only("file_name", "mapping"):
        if f"{OWN}{field.key}" in batch.mapping.values():
            yield batch.file_name


def take(facts: Facts, people: Mapping[str, int], plan: Plan, known_at: Mapping[str, str]) -> set[str]:
    """Write the sealed values; returns the keys of the people who got another one than before."""
    said = _said(facts, people)
    if not said:
        return set()
    known = {
        (one.customer_id, one.field_id): one
        for one in SensitiveValue.objects.filter(
            customer_id__in=bulk.numbers({number for _key, number, _field in said}),
            field_id__in={field for _key, _number, field in said},
        )
    }
    fresh: dict[tuple[int, int], str] = {}
    changed: list[SensitiveValue] = []
    gone: list[SensitiveValue] = []
    touched: set[str] = set()
    for (key, number, field), (dated, sealed) in said.items():
        one = known.get((number, field))
        if one is None:
            if sealed:
                fresh[number, field] = sealed
                touched.add(key)
        elif dated >= known_at.get(key, "") and encryption.open(sealed or "") != one.value:
            touched.add(key)
            one.value = encryption.open(sealed or "")
            (changed if sealed else gone).append(one)
    plan.keep(SensitiveValue, [one.pk for one in (*changed, *gone)])
    bulk.rewrite(changed, ["value"])
    SensitiveValue.objects.filter(pk__in=[one.pk for one in gone]).delete()
    _add(fresh, plan)
    return touched


def _said(facts: Facts, people: Mapping[str, int]) -> dict[Secret, tuple[str, str | None]]:
    """What was said of whom, by the number of the field; its writers wait for each other."""
    keys = {name[len(SEALED) :] for one in facts.values() for name in one if name.startswith(SEALED)}
    if not keys:
        return {}
    fields = {one.key: one for one in CustomField.objects.select_for_update().filter(key__in=keys)}
    late = [one.pk for one in fields.values() if not one.sensitive]
    if late:  # Opened since the file was read: what comes in sealed is opened like the rest.
        CustomField.objects.filter(pk__in=late).update(sensitive=True, moving=CustomField.Moving.OPENING)
    return {
        (key, people[key], fields[name[len(SEALED) :]].pk): value
        for key, one in facts.items()
        for name, value in one.items()
        if name.startswith(SEALED) and name[len(SEALED) :] in fields
    }


def _add(fresh: Mapping[tuple[int, int], str], plan: Plan) -> None:
    if not fresh:
        return
    numbers = bulk.reserve(SensitiveValue, len(fresh))
    rows = [(pk, *whose, sealed) for pk, (whose, sealed) in zip(numbers, fresh.items(), strict=True)]
    bulk.write(SensitiveValue, ["id", "customer_id", "field_id", "value"], rows)
    plan.made(SensitiveValue, numbers)
