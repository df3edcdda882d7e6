"""What customers can be clustered by: numbers as they are, categories as one yes-or-no column per value.

Every feature is one that rules can ask about, so that a cluster can be described by a rule.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt
from django.db.models import F, FloatField
from django.db.models.fields.json import KeyTransform
from django.db.models.functions import Cast
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from crm import custom_fields
from crm.errors import Refusal
from crm.models import Business, Customer, Interaction
from segments import at_hand, days, frames
from segments.rules.fields import FIELDS, Catalogue, Field
from segments.rules.operators import Kind

CHUNK = 5000
MOST_VALUES = 8  # Of a category; rarer ones are "other".
LARGEST = 1e15  # Beyond that a number is a slip, and its square would not be one.
NUMBER, VALUE, OTHER, UNKNOWN = "number", "value", "other", "unknown"
CATEGORIES = ("country", "city", "language", "gender", "source", "rfm.group", "stage", "consent.email")


@dataclass(frozen=True, slots=True)
class Feature:
    """`kind` is number or category; `field` is how rules know it."""

    name: str
    label: str | Promise
    is_category: bool
    field: Field


@dataclass(frozen=True, slots=True)
class Column:
    """A number, or whether a category has this value (or another one, or none)."""

    feature: str
    kind: str = NUMBER
    value: str = ""

    @property
    def name(self) -> str:
        if self.kind == NUMBER:
            return self.feature
        return f"{self.feature}={ {VALUE: self.value, OTHER: '*', UNKNOWN: ''}[self.kind] }"

    def as_json(self) -> dict[str, str]:
        return {"feature": self.feature, "kind": self.kind, "value": self.value}


@dataclass(frozen=True, slots=True)
class Table:
    """`ids` (n) ascending and `values` (n × columns), NaN where a number is unknown.

    `missing`: how many lack each number. `dropped`: features left out, with why: empty or constant.
    """

    columns: tuple[Column, ...]
    ids: npt.NDArray[np.int64]
    values: npt.NDArray[np.float64]
    missing: dict[str, int]
    dropped: dict[str, str]

    @property
    def names(self) -> tuple[str, ...]:
        return tuple(one.name for one in self.columns)

    @property
    def complete(self) -> npt.NDArray[np.bool_]:
        """Who has every number."""
        return ~np.isnan(self.values).any(axis=1)


def features() -> dict[str, Feature]:
    """All that may be chosen now, in the order of the pages: numbers, then categories."""
    catalogue = Catalogue()
    numbers = {name: (label, catalogue.field(name)) for name, label in frames.choices().items()}
    found = {name: Feature(name, label, False, field) for name, (label, field) in numbers.items() if field}
    found["age"] = Feature("age", FIELDS["age"].label, False, FIELDS["age"])
    found |= {field.name: Feature(field.name, field.label, False, field) for field in _surveys()}
    own = [catalogue.field(f"custom.{one.key}") for one in custom_fields.plain()]
    categories = [FIELDS[name] for name in CATEGORIES]
    categories += [field for field in own if field and _is_category(field)]
    return found | {field.name: Feature(field.name, field.label, True, field) for field in categories}


def is_own(name: str) -> bool:
    """Whether the shop itself named it; all other names come from the catalogue of texts."""
    return name.startswith(("custom.", "answer."))


def _is_category(field: Field) -> bool:
    return field.how == "custom" and field.kind in {Kind.CHOICE, Kind.YES_NO}


def _surveys() -> Iterator[Field]:
    """The score of each survey that somebody has answered."""
    answers = Interaction.objects.filter(kind="answer", number__isnull=False).exclude(subject="")
    for slug, title in dict(answers.order_by("subject").values_list("subject", "title").distinct()).items():
        label = f"{title or slug}: {_('score')}"
        yield Field(f"answer.{slug}.score", label, Kind.NUMBER, how="answer_score", path=slug, key="score")


def chosen(names: Sequence[str]) -> dict[str, Feature]:
    """The features of these names (a column's name will do); an unknown one is refused."""
    known = features()
    plain = {column: name for name, column in frames.NUMBERS.items()}
    wanted = list(dict.fromkeys(plain.get(name, name) for name in names))
    unknown = [name for name in wanted if name not in known]
    if unknown:
        raise Refusal(_("Customers cannot be grouped by %(name)s.") % {"name": ", ".join(unknown)})
    return {name: known[name] for name in wanted}


def read(names: Sequence[str], day: date) -> Table:
    """The features of all customers; ages are those of `day`."""
    wanted = chosen(names)
    ids, raw = _read(wanted, day)
    columns: list[Column] = []
    values: list[Any] = []
    missing: dict[str, int] = {}
    dropped: dict[str, str] = {}
    for name, feature in wanted.items():
        if not feature.is_category:
            known = ~np.isnan(raw[name])
            missing[name] = int((~known).sum())
            if len(ids) and not known.any():
                dropped[name] = "empty"
            else:
                columns.append(Column(name))
                values.append(raw[name])
            continue
        texts = _spelled(raw[name])
        levels = _levels(name, texts)
        columns += levels
        values += [_flags(column, texts, levels) for column in levels]
    table = Table(tuple(columns), ids, _stack(values, len(ids)), missing, dropped)
    return _without_constants(table)


def read_again(columns: Sequence[Column], day: date, only: int | None = None, *, few: bool = False) -> Table:
    """The same columns for whoever is a customer now, to assign by; for one, or the `few` `at_hand`."""
    wanted = chosen([one.feature for one in columns])
    ids, raw = _read(wanted, day, only, few)
    texts = {
        name: _spelled(raw[name], [one.value for one in columns if one.feature == name])
        for name, feature in wanted.items()
        if feature.is_category
    }
    values = [
        raw[one.feature] if one.kind == NUMBER else _flags(one, texts[one.feature], columns)
        for one in columns
    ]
    return Table(tuple(columns), ids, _stack(values, len(ids)), {}, {})


def _without_constants(table: Table) -> Table:
    """A number that is the same for everyone tells nobody apart; where some lack it, they stay left out."""
    whole = table.values[table.complete]
    if len(whole) < 2:
        return table
    same = (whole == whole[0]).all(axis=0)
    lacking = np.isnan(table.values).any(axis=0)
    kept = [place for place in range(len(table.columns)) if not same[place] or lacking[place]]
    left = {table.columns[place].feature for place in kept if not same[place]}
    said = {
        one.feature: "same" if lacking[place] else "constant"
        for place, one in enumerate(table.columns)
        if one.feature not in left
    }
    columns = tuple(table.columns[place] for place in kept)
    dropped = {**table.dropped, **said}
    return Table(columns, table.ids, table.values[:, kept], table.missing, dropped)


def _spelled(texts: Any, known: Sequence[str] = ()) -> Any:
    """Rules compare texts without case, so each text gets one spelling: the known or the usual one."""
    usual: dict[str, str] = {text.casefold(): text for text in known}
    for text, _count in Counter(texts).most_common():
        usual.setdefault(text.casefold(), text)
    return np.array([usual[text.casefold()] for text in texts], dtype=object)


def _levels(name: str, texts: Any) -> list[Column]:
    counts = Counter(texts)
    unknown = counts.pop("", 0)
    common = [text for text, _count in sorted(counts.items(), key=lambda one: (-one[1], one[0]))]
    found = [Column(name, VALUE, text) for text in common[:MOST_VALUES]]
    if len(common) > MOST_VALUES:
        found.append(Column(name, OTHER))
    return [*found, Column(name, UNKNOWN)] if unknown else found


def _flags(column: Column, texts: Any, columns: Sequence[Column]) -> npt.NDArray[np.float64]:
    if column.kind == VALUE:
        return np.asarray(texts == column.value, dtype=float)
    if column.kind == UNKNOWN:
        return np.asarray(texts == "", dtype=float)
    named = [one.value for one in columns if one.feature == column.feature and one.kind == VALUE]
    return (~np.isin(texts.astype(str), ["", *named])).astype(float)


def _stack(values: list[Any], rows: int) -> npt.NDArray[np.float64]:
    return np.column_stack(values).astype(float) if values else np.empty((rows, 0))


def _read(
    wanted: dict[str, Feature], day: date, only: int | None = None, few: bool = False
) -> tuple[npt.NDArray[np.int64], dict[str, Any]]:
    asked = {name: one for name, one in wanted.items() if one.field.how != "answer_score"}
    people = at_hand.only(Customer.objects.all(), "pk", few)
    people = people if only is None else people.filter(pk=only)
    rows = people.order_by("pk").values_list("pk", *(_source(one) for one in asked.values()))
    kinds = [
        ("id", np.int64),
        *((f"v{n}", object if one.is_category else np.float64) for n, one in enumerate(asked.values())),
    ]
    readers = [_text if one.is_category else _reader(one, day) for one in asked.values()]
    table = np.fromiter(_prepared(rows.iterator(chunk_size=CHUNK), readers), dtype=np.dtype(kinds))
    ids = table["id"].copy()
    raw: dict[str, Any] = {name: table[f"v{n}"] for n, name in enumerate(asked)}
    for name, one in wanted.items():
        if name not in asked:
            raw[name] = _answers(ids, one.field.path, day, few)
    return ids, raw


def _prepared(rows: Iterator[Any], readers: list[Any]) -> Iterator[tuple[Any, ...]]:
    for row in rows:
        yield (row[0], *(read(value) for read, value in zip(readers, row[1:], strict=True)))


def _source(feature: Feature) -> Any:
    field = feature.field
    if field.how == "custom":
        return KeyTransform(field.key, F("custom"))
    if feature.name in frames.NUMBERS:
        return Cast(f"features__{frames.NUMBERS[feature.name]}", FloatField())
    return F(field.path)


def _reader(feature: Feature, day: date) -> Any:
    if feature.field.how != "age":
        return _number
    return lambda born: _age(born, day)


def _age(born: date | None, day: date) -> float:
    if born is None:
        return float("nan")
    return float(day.year - born.year - ((day.month, day.day) < (born.month, born.day)))


def _number(value: Any) -> float:
    """What is no number, or too large for one, is unknown."""
    fine = isinstance(value, int | float) and not isinstance(value, bool) and abs(value) <= LARGEST
    return float(value) if fine else float("nan")


def _text(value: Any) -> str:
    """Yes and no are texts here too."""
    if isinstance(value, bool):
        return "yes" if value else "no"
    return value.strip() if isinstance(value, str) else ""


def _answers(ids: npt.NDArray[np.int64], survey: str, day: date, few: bool) -> npt.NDArray[np.float64]:
    """The latest score of each customer in a survey by the end of the day."""
    answers = Interaction.objects.filter(
        kind="answer", subject=survey, number__isnull=False, customer__isnull=False
    )
    seen = answers.filter(at__lt=days.end_of(day, Business.current().zone))
    rows = at_hand.only(seen, "customer", few).order_by("at", "pk").values_list("customer_id", "number")
    latest = {
        customer: float(number) for customer, number in rows.iterator(chunk_size=CHUNK) if number is not None
    }
    return np.array([latest.get(one, float("nan")) for one in ids.tolist()])
