"""Customers as columns of comparable text: what the arithmetic of duplicates works on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray

from crm import addresses, custom_fields, names
from crm.models import Customer, CustomField

type Codes = NDArray[np.int32]
type Rows = NDArray[np.int64]

PLAIN: Final = ("first_name", "last_name", "email", "phone", "country", "city", "birth_date", "gender")
MISSING: Final = -1


@dataclass(slots=True)
class Column:
    """One attribute of everybody: `codes[row]` points into `values`, -1 where it is not known."""

    name: str
    kind: str  # first, last, whole, email, phone, date, choice, number or text; decides how it is compared.
    values: list[str]
    codes: Codes
    counts: NDArray[np.int64]  # How many rows have each value.

    @property
    def known(self) -> int:
        return int(self.counts.sum())


@dataclass(slots=True)
class Records:
    """Everybody who is compared; `ids` are customers' primary keys."""

    ids: Rows
    columns: dict[str, Column] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.ids)


def of(people: Iterable[Mapping[str, Any]], own_fields: Sequence[CustomField]) -> Records:
    """Read rows of `Customer.values(*wanted())` into columns."""
    own = {one.key: _KIND.get(one.kind, "text") for one in own_fields}
    texts: dict[str, list[str]] = {name: [] for name in (*_FIXED, *(f"custom.{key}" for key in own))}
    ids: list[int] = []
    for row in people:
        ids.append(row["id"])
        first, last = names.given(row["first_name"]), names.given(row["last_name"])
        texts["first_name"].append(first)
        texts["last_name"].append(last)
        texts["name"].append(names.whole(row["first_name"], row["last_name"]))
        texts["email"].append(addresses.tidy(row["email"]))
        texts["phone"].append("".join(sign for sign in row["phone"] if sign.isdigit())[-9:])
        texts["birth_date"].append(row["birth_date"].isoformat() if row["birth_date"] else "")
        for name in ("country", "city", "gender"):
            texts[name].append(names.fold(row[name]))
        custom = row["custom"] or {}
        for key in own:
            value = custom.get(key)
            texts[f"custom.{key}"].append("" if value is None else names.fold(str(value)))
    kinds = _FIXED | {f"custom.{key}": kind for key, kind in own.items()}
    columns = {name: column(name, kinds[name], values) for name, values in texts.items()}
    return Records(np.array(ids, dtype=np.int64), columns)


def wanted() -> tuple[str, ...]:
    return ("id", *PLAIN, "custom")


def column(name: str, kind: str, texts: Sequence[str]) -> Column:
    """Number the distinct values in the order of their first appearance."""
    seen: dict[str, int] = {}
    codes = np.fromiter(
        (MISSING if not text else seen.setdefault(text, len(seen)) for text in texts),
        dtype=np.int32,
        count=len(texts),
    )
    counts = np.bincount(codes[codes >= 0], minlength=len(seen))
    return Column(name, kind, list(seen), codes, counts)


def comparable_fields() -> list[CustomField]:
    """Own fields whose values may be read in the open."""
    return list(custom_fields.plain())


def everybody() -> Records:
    """The whole base, read row by row so that memory holds columns only."""
    people = Customer.objects.order_by("pk").values(*wanted()).iterator(chunk_size=5_000)
    return of(people, comparable_fields())


_FIXED: Final = {
    "first_name": "first",
    "last_name": "last",
    "name": "whole",
    "email": "email",
    "phone": "phone",
    "birth_date": "date",
    "country": "choice",
    "city": "text",
    "gender": "choice",
}
_KIND: Final = {"number": "number", "date": "date", "choice": "choice", "yes_no": "choice", "text": "text"}
