"""What each column means: guessed from its header, corrected by a person, checked against the kind."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

from django.utils.text import slugify
from django.utils.translation import gettext as _

from crm import custom_fields
from crm.errors import Refusal
from crm.imports import fields, kinds, presets, synonyms
from crm.imports.headers import plain
from crm.models import CustomField

IGNORED = {"", "-", "ignore"}
CUSTOM = "custom."
CUSTOM_KINDS = {"number": "number", "date": "day", "yes_no": "yes_no"}


def guess(kind: str, columns: Sequence[str], preset: presets.Preset | None = None) -> dict[str, str]:
    """Column → field: what the preset says; of other files, each field once, its usual header first."""
    if preset is None:
        return _guess(kind, columns)
    known = {one.name for one in kinds.loader(kind).fields}
    found = {column: name for column, name in preset.mapping(columns).items() if name in known}
    if preset.guesses_rest:
        rest = _guess(kind, [column for column in columns if column not in found])
        found |= {column: name for column, name in rest.items() if name not in found.values()}
    return found


def _guess(kind: str, columns: Sequence[str]) -> dict[str, str]:
    headers = synonyms.compared(columns)
    found: dict[str, str] = {}
    for one in kinds.loader(kind).fields:
        for synonym in (plain(one.name), *one.synonyms):
            column = next(
                (name for name, text in headers.items() if text == synonym and name not in found), None
            )
            if column is not None:
                found[column] = one.name
                break
    if kind == "customers":
        for column, text in headers.items():
            name = fields.ALSO_CUSTOMERS.get(text)
            if name and column not in found and name not in found.values():
                found[column] = name
    if kind == "purchases":
        found |= synonyms.also_customer(headers, found)
    # Some kinds know columns by what their header asks, not by its exact words.
    recognise = getattr(kinds.loader(kind), "recognise", None)
    if recognise is not None:
        rest = [column for column in columns if column not in found]
        found |= recognise(rest, set(found.values()))
    own = {plain(field.label): field.key for field in custom_fields.importable()}
    own |= {plain(key): key for key in own.values()}
    for column in columns:
        if column not in found and (text := plain(column)) in own and kinds.takes_own_fields(kind):
            found[column] = CUSTOM + own[text]
    return _sorted(_order_totals(found, headers), columns)


def _order_totals(found: dict[str, str], headers: Mapping[str, str]) -> dict[str, str]:
    """In a file whose lines have prices of their own, “Total” and “Subtotal” are the order's."""
    has_lines = any(text.startswith(("lineitem", "itemtotal", "linetotal")) for text in headers.values())
    for column, name in list(found.items()):
        if name == "amount" and has_lines and headers[column] in {"total", "subtotal", "totalamount"}:
            del found[column]
            if headers[column] != "subtotal" and "order_total" not in found.values():
                found[column] = "order_total"
    return found


def _sorted(mapping: dict[str, str], columns: Sequence[str]) -> dict[str, str]:
    return {column: mapping[column] for column in columns if column in mapping}


def combine(
    kind: str,
    columns: Sequence[str],
    told: Mapping[str, str],
    *,
    guessed: bool = True,
    preset: presets.Preset | None = None,
) -> dict[str, str]:
    """The guess, with what a person said instead. Refuses names that are not there."""
    mapping = guess(kind, columns, preset) if guessed else {}
    wanted: dict[str, str] = {}
    for column, name in told.items():
        wanted[_column(column, columns)] = name.strip()
    wanted = {
        column: name if name in IGNORED else field_of(kind, name).name for column, name in wanted.items()
    }
    taken = {name for name in wanted.values() if name not in IGNORED}
    mapping = {column: name for column, name in mapping.items() if column not in wanted and name not in taken}
    mapping |= {column: name for column, name in wanted.items() if name not in IGNORED}
    _refuse_doubles(mapping)
    return _sorted(mapping, columns)


def _column(text: str, columns: Sequence[str]) -> str:
    if text in columns:
        return text
    close = [name for name in columns if plain(name) == plain(text)]
    if len(close) == 1:
        return close[0]
    if text.isdigit() and 1 <= int(text) <= len(columns):
        return columns[int(text) - 1]
    raise Refusal(
        _("There is no column “%(column)s”. The columns are: %(columns)s.")
        % {"column": text, "columns": ", ".join(columns[:40])}
    )


def _refuse_doubles(mapping: Mapping[str, str]) -> None:
    names = list(mapping.values())
    for name in names:
        if names.count(name) > 1 and name not in presets.SEVERAL:
            raise Refusal(
                _("Two columns are meant to be “%(field)s”. Please choose one of them.") % {"field": name}
            )


def field_of(kind: str, name: str) -> kinds.Field:
    """The field of this name; refuses unknown ones. Families of fields end in a dot."""
    if name.startswith(CUSTOM) and kinds.takes_own_fields(kind):
        own = custom_fields.named(name.removeprefix(CUSTOM))
        if own is None:
            raise Refusal(
                _("There is no own field “%(field)s”. Please create it under Settings first.")
                % {"field": name.removeprefix(CUSTOM)}
            )
        return kinds.Field(CUSTOM + own.key, CUSTOM_KINDS.get(own.kind, "text"), own.label)
    for one in kinds.loader(kind).fields:
        if one.name == name:
            return one
        if one.name.endswith(".") and name.startswith(one.name) and len(name) > len(one.name):
            return replace(one, name=name)
    known = ", ".join(one.name for one in kinds.loader(kind).fields)
    raise Refusal(
        _("“%(field)s” is no field of this kind of import. The fields are: %(known)s.")
        % {"field": name, "known": known}
    )


def create_fields(findings: Mapping[str, Any], mapping: dict[str, str]) -> tuple[dict[str, str], list[int]]:
    """Make own fields of the columns that mean nothing yet; their kinds come from the whole column.

    Returns the mapping, and the numbers of the fields that are new.
    """
    made = dict(mapping)
    numbers = []
    for column, study in zip(findings["columns"], findings["studies"], strict=True):
        if column in made or not study["values"]:
            continue
        key = _key(column)
        told = {"label": column[:80], "kind": study["kind"]}
        if study["kind"] == CustomField.Kind.CHOICE:
            told |= {"choices": study["choices"], "grows": True}
        if CustomField.objects.filter(key=key, sensitive=True).exists():
            continue  # A sensitive field is filled by a column that a person chose for it.
        field, is_new = CustomField.objects.get_or_create(key=key, defaults=told)
        if field.archived_at:  # A file that brings values for it takes it out of the archive.
            CustomField.objects.filter(pk=field.pk).update(archived_at=None)
        numbers += [field.pk] if is_new else []
        made[column] = CUSTOM + key
    return _sorted(made, findings["columns"]), numbers


def _key(column: str) -> str:
    """The same column makes the same key each time."""
    text = slugify(column, allow_unicode=False).replace("-", "_")[:60]
    if text and not text.isdigit():
        return text
    return f"field_{column.encode().hex()[:24]}" if not text else f"column_{text}"
