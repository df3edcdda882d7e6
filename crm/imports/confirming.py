"""The page on which a person confirms what each column means."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final

from django.utils.functional import Promise
from django.utils.text import slugify

from crm import custom_fields
from crm.imports import columns, exchange, intake, kinds, parsing, sealing, studying
from crm.models import ImportBatch

STANDARDS: Final = 3
CHOICES: Final = {
    "mode": ("both", "create", "update"),
    "key": ("", "customer", "email", "phone"),
    "blank": ("keep", "clear"),
    "suppress": ("", "unsubscribed", "bounced", "complained"),
}
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
    unsure_dates: tuple[str, str] | None = None  # The two readings of a date: day first, month first.
    decimals: str = ""
    unsure_number: tuple[str, str, str] | None = None  # As it stands there, with a point, with a comma.
    sensitive: bool = False


def columns_of(batch: ImportBatch) -> list[Column]:
    findings = batch.findings
    shared = _shared_choices(batch.kind)
    hint, secret = studying.decimal_hint(findings), sealing.fields_of(batch)
    return [
        Column(
            place=place,
            name=name,
            samples=study["samples"],
            field=batch.mapping.get(name, ""),
            choices=[*shared, *_family_choices(batch, name)],
            dates=_told(batch, "dates", name),
            unsure_dates=_dates(study),
            decimals=_told(batch, "decimals", name),
            unsure_number=_number(study, hint),
            sensitive=name in secret,
        )
        for place, (name, study) in enumerate(zip(findings["columns"], findings["studies"], strict=True))
    ]


def _told(batch: ImportBatch, option: str, column: str) -> str:
    told = batch.options.get(option) or {}
    return str(told.get(column, "")) if isinstance(told, Mapping) else str(told)


def _dates(study: Mapping[str, Any]) -> tuple[str, str] | None:
    if not study["dates"].get("either"):
        return None
    try:
        return studying.date_readings(study["examples"]["either"])
    except parsing.Bad:
        return "31/12/2026", "12/31/2026"


def _number(study: Mapping[str, Any], hint: str) -> tuple[str, str, str] | None:
    if not (example := studying.unsure_number(dict(study), hint)):
        return None
    return (example, *studying.readings(example))


def _shared_choices(kind: str) -> list[tuple[str, str | Promise]]:
    choices = [(one.name, one.label) for one in kinds.loader(kind).fields if not one.name.endswith(".")]
    if kinds.takes_own_fields(kind):
        choices += [(columns.CUSTOM + field.key, field.label) for field in custom_fields.importable()]
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
    decimals = {name: str(posted.get(f"decimals-{place}", "")) for place, name in enumerate(names)}
    batch.options = {
        **batch.options,
        "told": told,
        "dates": {name: style for name, style in dates.items() if style in {"dmy", "mdy"}},
        "decimals": {name: sign for name, sign in decimals.items() if sign in {"point", "comma"}},
        "rates": _rates(posted),
        "defaults": _defaults(posted),
        **{name: _choice(posted, name) for name in CHOICES},
        "create_fields": bool(posted.get("create_fields")),
        "survey": str(posted.get("survey", batch.options.get("survey", "")))[:80],
    }
    batch.mapping = columns.combine(batch.kind, names, told, guessed=False)
    save(batch)
    intake.check(batch)


def _rates(posted: Mapping[str, Any]) -> dict[str, str]:
    found = {name.removeprefix("rate-"): str(posted[name]) for name in posted if name.startswith("rate-")}
    return {currency: text.strip()[:20] for currency, text in found.items() if text.strip()}


def _defaults(posted: Mapping[str, Any]) -> dict[str, str]:
    """Field → value where the file says nothing; up to three can be given."""
    pairs = [(posted.get(f"default-{n}", ""), posted.get(f"value-{n}", "")) for n in range(STANDARDS)]
    return {str(field): str(value).strip()[:200] for field, value in pairs if field and str(value).strip()}


def _choice(posted: Mapping[str, Any], name: str) -> str:
    told = str(posted.get(name, ""))
    return told if told in CHOICES[name] else CHOICES[name][0]


def standards(batch: ImportBatch) -> list[tuple[int, str, str]]:
    """(number, field, value) of what stands where the file says nothing, blank ones to fill in."""
    given = list((batch.options.get("defaults") or {}).items())[:STANDARDS]
    return [(n, *(given[n] if n < len(given) else ("", ""))) for n in range(STANDARDS)]


def rates(batch: ImportBatch) -> list[tuple[str, str]]:
    """The currencies whose worth is asked, with what was said."""
    said = batch.options.get("rates") or {}
    wanted = exchange.missing_rates(batch)
    return [(currency, str(said.get(currency, ""))) for currency in sorted({*wanted, *said})]


def reread(batch: ImportBatch, posted: Mapping[str, Any]) -> None:
    """Look through the file again with another delimiter or header; what was chosen before is forgotten."""
    delimiter = str(posted.get("delimiter", ""))
    batch.options = {
        **batch.options,
        "delimiter": delimiter if delimiter in DELIMITERS else "",
        "header": {"yes": True, "no": False}.get(str(posted.get("header", ""))),
        "told": {},
        "dates": {},
        "decimals": {},
        "profile": None,
    }
    intake.understand(batch)


def save(batch: ImportBatch) -> None:
    sealing.hide(batch)
    drafts = ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.DRAFT)
    drafts.update(mapping=batch.mapping, options=batch.options, findings=batch.findings)


def unclear_column(error: Exception) -> str:
    return error.column if isinstance(error, studying.Unclear) else ""


def delimiter_name(sign: str) -> str:
    """The name of the sign that was found."""
    return {",": "comma", ";": "semicolon", "\t": "tab", "|": "pipe", " ": "whitespace"}.get(sign, "")
