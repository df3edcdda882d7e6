"""Pass two: every row judged by its own line, and what is understood staged in bulk."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from itertools import islice
from pathlib import Path
from typing import Any, Final
from zoneinfo import ZoneInfo

from django.conf import settings
from django.utils.translation import gettext as _

from crm import bulk, custom_fields
from crm.errors import Refusal
from crm.imports import choices, columns, encodings, items, parsing, presets, reading, sealing, studying
from crm.imports.headers import plain
from crm.imports.kinds import Fact, Plan, Reject, Session, Skip, Staged, loader
from crm.imports.reasons import words
from crm.models import Business, CustomField, ImportBatch, ImportParcel, ImportProblem
from crm.privacy.identities import Erased
from crm.spreadsheets import unguarded

CHUNK: Final = 10_000
PER_BUCKET: Final = 8000
MEMORY: Final = 20_000  # Distinct cells of a column that are parsed once only.
GENTLE: Final = frozenset(["phone", "birth_date"])

_json = json.JSONEncoder(ensure_ascii=False, separators=(",", ":")).encode

type Verdict = Staged | Skip
type Judged = tuple[int, list[str], Verdict]


def plan_of(batch: ImportBatch, *, at: datetime) -> Plan:
    """Everything a run of this batch must know."""
    business = Business.current()
    findings = dict(batch.findings)
    order = next((name for name, field in batch.mapping.items() if field == "order"), "")
    if order in findings["columns"]:
        study = findings["studies"][findings["columns"].index(order)]
        findings["order_letters"] = study["letter_numbers"]
    return Plan(
        batch=batch,
        mapped=frozenset([*sealing.names_of(batch), *(batch.options.get("defaults") or {})]),
        options=batch.options,
        findings=findings,
        zone=business.zone,
        currency=business.currency,
        at=at,
        pieces=max(1, findings["rows"] // PER_BUCKET),
    )


class Memo(dict[str, Any]):
    """Cell → value, each distinct cell parsed once; None for blank ones."""

    def __init__(self, parse: parsing.Parser) -> None:
        super().__init__()
        self.parse = parse

    def __missing__(self, raw: str) -> Any:
        cell = unguarded(raw.strip()).strip()
        value = self.parse(cell) if cell else None
        if len(self) > MEMORY:
            self.clear()
        self[raw] = None if value == "" else value
        return self[raw]


def readers(plan: Plan) -> list[tuple[int, str, Memo]]:
    """(place, field, cells → values) of each column that means something; refuses unclear ones."""
    findings, batch = plan.findings, plan.batch
    hint = studying.decimal_hint(dict(findings))
    preset = presets.of(plan.options)
    secret = sealing.fields_of(batch)
    found = []
    for column in presets.order(preset, findings["columns"]):
        if not (name := batch.mapping.get(column)):
            continue
        place = findings["columns"].index(column)
        field = columns.field_of(batch.kind, name)
        style = studying.style(
            findings["studies"][place],
            wants=field.kind,
            column=column,
            hint=hint,
            dates=_told(plan.options.get("dates"), column),
            decimals=_told(plan.options.get("decimals"), column),
        )
        own = name.removeprefix(columns.CUSTOM) if name.startswith(columns.CUSTOM) else ""
        parse = (_choices(own, findings["studies"][place]) if own else None) or _parser(
            field.kind, style, zone_of(column, plan)
        )
        if column in secret:
            name, parse = f"{sealing.SEALED}{secret[column].key}", sealing.reader(secret[column].key, parse)
        found.append((place, name, Memo(_gentle(parse) if preset and name in GENTLE else parse)))
    return found


def _parser(kind: str, style: parsing.Style, zone: ZoneInfo) -> parsing.Parser:
    return items.parse if kind == "items" else parsing.parser(kind, style, zone)


def standards(plan: Plan) -> dict[str, Any]:
    """Field → value where the file says nothing; refuses a value that is none."""
    found = {}
    for name, text in (plan.options.get("defaults") or {}).items():
        field = columns.field_of(plan.batch.kind, name)
        if sealing.is_secret(name):
            raise Refusal(_("A sensitive field takes its values from a column, not one for everybody."))
        try:
            found[name] = _parser(field.kind, parsing.Style(), plan.zone)(str(text).strip())
        except parsing.Bad as bad:
            raise Refusal(
                _("“%(text)s” cannot stand for “%(field)s”: %(reason)s")
                % {"text": text, "field": field.label, "reason": words(str(bad))}
            ) from bad
    return found


def _gentle(parse: parsing.Parser) -> parsing.Parser:
    """What a program kept unchecked and the row can do without is left blank when it is not understood."""

    def read(cell: str) -> Any:
        try:
            return parse(cell)
        except parsing.Bad:
            return None

    return read


def zone_of(column: str, plan: Plan) -> ZoneInfo:
    """The zone of moments that say none: the header's, the program's, or the shop's."""
    if "utc" in plain(column):
        return ZoneInfo("UTC")
    preset = presets.of(plan.options)
    return ZoneInfo(preset.zone) if preset and preset.zone else plan.zone


def _told(dates: Any, column: str) -> str:
    """What a person said about dates or decimals: one style for all columns, or one per column."""
    return str(dates.get(column, "")) if isinstance(dates, Mapping) else str(dates or "")


# The style of these is decided from the whole column; each cell of the others speaks for itself.
TAKEN_AS_A_COLUMN = ("text", "number", "date", "yes_no")


def _choices(key: str, study: Mapping[str, Any]) -> parsing.Parser | None:
    own = CustomField.objects.filter(key=key).exclude(kind__in=TAKEN_AS_A_COLUMN).first()
    if own is None:
        return None
    own.choices = [*own.choices, *choices.fresh(own, study)]

    def parse(cell: str) -> Any:
        try:
            return custom_fields.parse(own, cell)
        except ValueError as error:
            raise parsing.Bad("bad_choice") from error

    return parse


def source(batch: ImportBatch) -> Path:
    return Path(settings.MEDIA_ROOT, batch.path)


def data_rows(batch: ImportBatch) -> reading.Rows:
    """The file's rows without its header."""
    rows = reading.rows(source(batch), batch.findings["format"])
    return islice(rows, 1 if batch.findings["header"] else 0, None)


def judged(plan: Plan, session: Session, *, start: int = 0) -> Iterator[Judged]:
    """(row number, cells, verdict) of each row from `start` on."""
    known, standard = readers(plan), standards(plan)
    width = len(plan.findings["columns"])
    mixed = plan.findings["format"]["mixed"]
    erased = Erased()
    for number, cells in islice(data_rows(plan.batch), start, None):
        try:
            if len(cells) != width:
                _straighten(cells, width)
            if mixed and any(encodings.is_foreign(cell) for cell in cells):
                raise Reject("two_encodings")
            row: dict[str, Any] = {"#": number}
            name = ""
            for place, name, memo in known:
                value = memo[cells[place]]
                if value is not None and name not in row:
                    row[name] = value
                elif value is not None and name == "items":
                    row[name] = [*row[name], *value]
            if erased and erased.names(row):
                raise Skip("erased")
            yield number, cells, session.judge(standard | row if standard else row)
        except parsing.Bad as bad:
            yield number, cells, Reject(str(bad), name)
        except Skip as verdict:
            yield number, cells, verdict


def _straighten(cells: list[str], width: int) -> None:
    """A row that ends early lacks blank cells; one that is too long is not understood."""
    if any(cell.strip() for cell in cells[width:]):
        raise Reject("too_many_cells")
    del cells[width:]
    cells.extend([""] * (width - len(cells)))


class Chunk:
    """Some thousand judged rows on their way into the staging tables."""

    def __init__(self, plan: Plan) -> None:
        self.plan = plan
        self.first = 0
        self.rows: dict[int, list[tuple[int, Any]]] = {}  # By bucket.
        self.problems: list[tuple[Any, ...]] = []
        self.facts: dict[tuple[int, str], dict[str, tuple[str, Any]]] = {}
        self.last: dict[tuple[int, str], Fact] = {}
        self.counts: Counter[str] = Counter(rows=0, skipped=0, rejected=0)
        self.reasons: Counter[str] = Counter()
        self.headers = {field: column for column, field in plan.batch.mapping.items()}
        self.secret = sealing.places(plan.batch)

    def add(self, number: int, cells: list[str], verdict: Verdict) -> None:
        self.counts["rows"] += 1
        self.first = self.first or number
        if isinstance(verdict, Skip):
            self._problem(number, cells, verdict)
            return
        bucket = self.plan.bucket(verdict.group, verdict.phase)
        self.rows.setdefault(bucket, []).append((number, verdict.data))
        for fact in verdict.facts:
            if self.last.get(fact[:2]) != fact:
                self.last[fact[:2]] = fact
                overlay(self.facts.setdefault(fact[:2], {}), fact.dated, fact.values)

    def _problem(self, number: int, cells: list[str], verdict: Skip) -> None:
        kind = "rejected" if isinstance(verdict, Reject) else "skipped"
        self.counts[kind] += 1
        self.reasons[verdict.code] += 1
        column = self.headers.get(verdict.field, "")
        texts = [] if verdict.code == "erased" else [encodings.readable(cell) for cell in cells]
        shown = json.dumps(sealing.cells(texts, self.secret), ensure_ascii=False)
        self.problems.append((self.plan.batch.pk, number, kind, column[:120], verdict.code, shown))

    def write(self) -> None:
        facts: dict[int, dict[str, Any]] = {}
        for (kind, key), values in self.facts.items():
            facts.setdefault(self.plan.bucket(key, kind), {})[key] = values
        parcels = [
            (self.plan.batch.pk, content, bucket, self.first, _json(data))
            for content, buckets in (("rows", self.rows), ("facts", facts))
            for bucket, data in buckets.items()
        ]
        bulk.write(ImportParcel, ["batch_id", "content", "bucket", "row", "data"], parcels)
        if self.problems:
            names = ["batch_id", "row", "verdict", "column", "reason", "cells"]
            bulk.write(ImportProblem, names, self.problems)


def overlay(known: dict[str, tuple[str, Any]], dated: str, values: Any) -> None:
    """Keep the latest dated value of each attribute, the earliest of those that begin with "-"."""
    for name, value in values:
        before = known.get(name)
        if before is None:
            known[name] = (dated, value)
        elif name[0] == "-":
            if value < before[1]:
                known[name] = (dated, value)
        elif dated > before[0] or (dated == before[0] and str(value) > str(before[1])):
            known[name] = (dated, value)


def chunks(plan: Plan, session: Session, *, start: int = 0) -> Iterator[Chunk]:
    """The judged rows from `start` on, some thousand at a time."""
    rows = judged(plan, session, start=start)
    while True:
        chunk = Chunk(plan)
        for number, cells, verdict in islice(rows, CHUNK):
            chunk.add(number, cells, verdict)
        if not chunk.counts["rows"]:
            return
        yield chunk


def session_of(plan: Plan) -> Session:
    return loader(plan.batch.kind).session(plan)


def unpacked(batch: ImportBatch, content: str, buckets: Iterable[int]) -> Iterator[Any]:
    """What lies in these buckets, parcel by parcel in the order of the file."""
    parcels = ImportParcel.objects.filter(batch=batch, content=content, bucket__in=list(buckets))
    for data in parcels.order_by("bucket", "row").values_list("data", flat=True):
        yield json.loads(data)
