"""The page on which a person confirms what each column means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.utils.functional import Promise
from django.utils.text import slugify

from crm.imports import columns, intake, kinds, studying
from crm.models import CustomField, ImportBatch

DELIMITERS = ("", "comma", "semicolon", "tab", "pipe", "whitespace")


@dataclass(frozen=True, slots=True)
class Column:
    """One column of the file, with three values and the fields it may mean."""

    place: int
    name: str
    samples: list[str]
    field: str
    choices: list[tuple[str, str | Promise]]
    dates: str = ""
    unsure_dates: bool = False


def columns_of(batch: ImportBatch) -> list[Column]:
    findings = batch.findings
    shared = _shared_choices(batch.kind)
    dates = batch.options.get("dates") or {}
    return [
        Column(
            place=place,
            name=name,
            samples=study["samples"],
            field=batch.mapping.get(name, ""),
            choices=[*shared, *_family_choices(batch, name)],
            dates=dates.get(name, "") if isinstance(dates, Mapping) else str(dates),
            unsure_dates=bool(study["dates"].get("either")),
        )
        for place, (name, study) in enumerate(zip(findings["columns"], findings["studies"], strict=True))
    ]


def _shared_choices(kind: str) -> list[tuple[str, str | Promise]]:
    choices = [(one.name, one.label) for one in kinds.loader(kind).fields if not one.name.endswith(".")]
    if kinds.takes_own_fields(kind):
        choices += [(columns.CUSTOM + field.key, field.label) for field in CustomField.objects.all()]
    return choices


def _family_choices(batch: ImportBatch, column: str) -> list[tuple[str, str | Promise]]:
    """Families of fields ("answer.") offer one named like the column."""
    families = [one for one in kinds.loader(batch.kind).fields if one.name.endswith(".")]
    key = slugify(column).replace("-", "_") or "column"
    mapped = batch.mapping.get(column, "")
    return [
        (mapped if mapped.startswith(one.name) else one.name + key, f"{one.label}: {column}")
        for one in families
        if one.name != columns.CUSTOM
    ]


def take(batch: ImportBatch, posted: Mapping[str, Any]) -> None:
    """Keep what the person chose: fields, date styles, own fields."""
    names = batch.findings["columns"]
    told = {name: str(posted.get(f"column-{place}", "")) for place, name in enumerate(names)}
    dates = {name: str(posted.get(f"dates-{place}", "")) for place, name in enumerate(names)}
    batch.options = {
        **batch.options,
        "told": told,
        "dates": {name: style for name, style in dates.items() if style in {"dmy", "mdy"}},
        "create_fields": bool(posted.get("create_fields")),
        "survey": str(posted.get("survey", batch.options.get("survey", "")))[:80],
    }
    batch.mapping = columns.combine(batch.kind, names, told, guessed=False)
    save(batch)
    intake.check(batch)


def reread(batch: ImportBatch, posted: Mapping[str, Any]) -> None:
    """Look through the file again with another delimiter or header; what was chosen before is forgotten."""
    delimiter = str(posted.get("delimiter", ""))
    batch.options = {
        **batch.options,
        "delimiter": delimiter if delimiter in DELIMITERS else "",
        "header": {"yes": True, "no": False}.get(str(posted.get("header", ""))),
        "told": {},
        "dates": {},
    }
    intake.understand(batch)


def save(batch: ImportBatch) -> None:
    drafts = ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.DRAFT)
    drafts.update(mapping=batch.mapping, options=batch.options)


def unclear_column(error: Exception) -> str:
    return error.column if isinstance(error, studying.Unclear) else ""


def delimiter_name(sign: str) -> str:
    """The name of the sign that was found."""
    return {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "whitespace"}.get(sign, "")
