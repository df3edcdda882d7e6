"""What can be imported. A kind of import is a `Loader`; apps register theirs in `AppConfig.ready()`:

    from crm.imports import kinds
    kinds.register("answers", AnswersLoader())

The generic part reads the file, guesses and confirms the columns, turns cells into values, stages rows in
bulk, counts, keeps problems and writes the error file. A loader says three things:

* `fields`: which fields its columns may mean. The generic part turns each cell into the value of the field's
  `kind` (see `VALUES`) before the loader sees it, and rejects the row, naming the column, when it cannot.
  A family of fields ends in a dot ("answer."): `--map COLUMN=answer.reason` gives the row the key
  "answer.reason".
* `check(plan)`: refuse (`crm.errors.Refusal`) a mapping or options that lack something, saying what to do.
  A loader may also have `recognise(columns, taken)` and `recognise_values(studies, mapping, options)`, which
  say {column: field} of columns that no synonym explains: by their headers, or by what was found in them.
* `session(plan)`: the work of one run, an object with

  - `judge(row) -> Staged`: called once per row of the file with {field: value} (blank cells are left out; "#"
    holds the row number).
    Raise `Skip(code, field)` for a row that is understood and left out, `Reject(code, field)` for one that is
    not understood. `Staged.group` is what belongs together (an order, an answer): all rows of a group are
    merged in one call, however far apart they stand in the file. `Staged.data` is what `merge` gets back,
    anything JSON can carry. `Staged.facts` describe customers or products (leave empty for answers). Lower
    `Staged.phase` is merged first.
  - `merge(rows) -> Outcome`: called inside a transaction with [(row number, data), …], whole groups only,
    and like `describe` tells `plan.keep(Model, numbers)` before it changes or deletes rows and
    `plan.made(Model, numbers)` after it created some, so that the import can be undone;
    rows of a group in the order of the file. Must be idempotent: rows that are stored already count as
    "unchanged". `Outcome.counts` must add up to `len(rows)` over created, updated, unchanged, skipped and
    rejected; other counts (integers, or Decimal for money) are simply summed over the run.
  - `describe(kind, facts) -> counts`: called before `merge`, in a transaction, with all facts of each key:
    {key: {attribute: (dated, value)}}, the latest dated value each (the earliest for attributes that begin
    with "-"). Only for loaders that give facts.
  - `finish() -> dict`: called once in the end; what it returns is added to the counts ("survey": slug).

A session lives as long as the process: after a kill a new one continues at the checkpoint, so whatever it
must know goes into the database. `crm.imports.people` finds customers by number, e-mail or phone:
`people.key_of(row)` gives the key to keep in `data`, `people.find(keys)` → {key: customer id}.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any, NamedTuple, Protocol
from zlib import crc32
from zoneinfo import ZoneInfo

from django.db.models import Model
from django.utils.functional import Promise

from crm import journal
from crm.models import ImportBatch, Journal

# Kinds of values and what `judge` gets for them.
VALUES = {
    "text": "str, trimmed",
    "id": "str; 17850.0 became 17850 where the whole column is written so",
    "email": "str, lower case, valid",
    "phone": "str",
    "decimal": "Decimal",
    "integer": "int",
    "moment": "aware datetime in UTC; days and times without zone are the shop's",
    "day": "date",
    "yes_no": "bool",
    "words": "list[str]",
    "clock": "datetime.time",
    "zone": "ZoneInfo",
    "items": "list[items.Item]; of several columns all together",
}


@dataclass(frozen=True, slots=True)
class Field:
    """One thing a column may mean. `synonyms` are headers that mean it, compared without case and signs."""

    name: str
    kind: str
    label: str | Promise
    synonyms: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True)
class Plan:
    """What one run knows. `mapped` are the fields that some column means."""

    batch: ImportBatch
    mapped: frozenset[str]
    options: Mapping[str, Any]
    findings: Mapping[str, Any]
    zone: ZoneInfo
    currency: str
    at: datetime
    pieces: int = 1  # Into how many buckets groups and facts are divided.
    journal: Journal | None = None  # What a run writes down, so that it can be undone.

    def keep(self, model: type[Model], numbers: Iterable[int]) -> None:
        """Call before rows are changed or deleted."""
        if self.journal:
            journal.keep(self.journal, model, numbers)

    def made(self, model: type[Model], numbers: Iterable[int]) -> None:
        """Call after rows were created."""
        if self.journal:
            journal.created(self.journal, model, numbers)

    def bucket(self, key: str, phase: int = 0) -> int:
        return phase * self.pieces + crc32(key.encode()) % self.pieces

    def buckets(self, keys: Iterable[str], phase_of: Callable[[str], int]) -> set[int]:
        return {self.bucket(key, phase_of(key)) for key in keys}


class Skip(Exception):
    """Understood and left out."""

    def __init__(self, code: str, field: str = "") -> None:
        super().__init__(code)
        self.code, self.field = code, field


class Reject(Skip):
    """Not understood."""


class Fact(NamedTuple):
    """Something a row says about a customer or product besides its own event.

    `kind` is a small number; kinds are described in ascending order. `dated` is the ISO moment at which it
    was true ("" when unknown).
    """

    kind: int
    key: str
    dated: str
    values: tuple[tuple[str, Any], ...]


class Staged(NamedTuple):
    group: str
    data: Any
    facts: tuple[Fact, ...] = ()
    phase: int = 0


@dataclass(slots=True)
class Outcome:
    """`problems` are (row number, "skipped" or "rejected", code of crm.imports.reasons)."""

    counts: dict[str, Any] = field(default_factory=dict)
    problems: list[tuple[int, str, str]] = field(default_factory=list)


class Session(Protocol):
    def judge(self, row: dict[str, Any]) -> Staged: ...

    def describe(self, kind: int, facts: dict[str, dict[str, tuple[str, Any]]]) -> dict[str, Any]: ...

    def merge(self, rows: Sequence[tuple[int, Any]]) -> Outcome: ...

    def finish(self) -> dict[str, Any]: ...


class Loader(Protocol):
    @property
    def label(self) -> str | Promise: ...

    @property
    def fields(self) -> Sequence[Field]: ...

    def check(self, plan: Plan) -> None: ...

    def session(self, plan: Plan) -> Session: ...


_loaders: dict[str, Loader] = {}


def register(kind: str, loader: Loader) -> None:
    _loaders[kind] = loader


def loader(kind: str) -> Loader:
    return _loaders[kind]


def known() -> dict[str, Loader]:
    """All kinds, in the order they were registered."""
    return dict(_loaders)


def label(kind: str) -> str:
    """How people call this kind; old batches may be of a kind that is gone."""
    known_kind = _loaders.get(kind)
    return str(known_kind.label) if known_kind else kind


def takes_own_fields(kind: str) -> bool:
    """May columns become own fields of customers?"""
    return any(one.name == "custom." for one in loader(kind).fields)
