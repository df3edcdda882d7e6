"""Entries of a journal: rows read and stored in bulk, digests brought up to date.

PostgreSQL guesses badly how many rows a young journal has, so entries are met by their own key, or by the
unique index that an upsert must use; never by a join it could plan otherwise.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Mapping, Sequence
from itertools import batched
from typing import Any, Final, NamedTuple

from django.db import connection

from crm import bulk
from crm.journal import images
from crm.journal.graph import Table, columns, label, model_of, overlooked
from crm.models import Journal, JournalEntry

Kind = JournalEntry.Kind
TABLE: Final = JournalEntry._meta.db_table
BETWEEN: Final = "edited in between"  # The digest of a row that others changed while the journal was written.


class Entry(NamedTuple):
    id: int
    row: int
    kind: str
    digest: str


def told(journal: Journal, model: Table) -> list[str]:
    """The columns of this journal's images: those of the day it was begun, also after an upgrade."""
    name = label(model)
    if name not in journal.columns:
        journal.columns[name] = list(columns(model))
        Journal.objects.filter(pk=journal.pk).update(columns=journal.columns)
    return list(journal.columns[name])


def enter(journal: Journal, model: Table, numbers: set[int], kind: str) -> list[Entry]:
    """One entry per row, unless there is one; returns them as they stand now."""
    if not numbers:
        return []
    assert journal.state == Journal.State.OPEN, "this journal is sealed"
    name = label(model)
    names = told(journal, model)
    kept = kind == Kind.KEPT
    found: list[Entry] = []
    for some in batched(sorted(numbers), images.AT_ONCE):
        rows = [
            (
                number,
                customer,
                images.pack(names, values) if kept else None,
                digest(name, names, values),
            )
            for number, customer, values in images.read(model, names, some, lock=kept)
        ]
        if rows:
            found += _store(journal, name, kind, kept, rows)
    return found


def _store(journal: Journal, name: str, kind: str, kept: bool, rows: list[tuple[Any, ...]]) -> list[Entry]:
    if not _known(journal, name, [row for row, *_rest in rows]):
        return _append(journal, name, kind, kept, rows)
    told = '(journal_id, model, kind, settled, "row", customer, image, digest)'
    on = 'ON CONFLICT (journal_id, model, "row") DO UPDATE SET settled = excluded.settled, digest = CASE'
    on += f" WHEN {TABLE}.settled AND {TABLE}.digest <> excluded.digest THEN %s ELSE {TABLE}.digest END"
    back = 'RETURNING id, "row", kind, digest'
    fixed: list[Any] = [journal.pk, name, str(kind), not kept]
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"INSERT INTO {TABLE} {told} SELECT %s, %s, %s, %s, * FROM"
                f" unnest(%s::bigint[], %s::bigint[], %s::text[], %s::text[]) x(n, c, i, d) {on} {back}",
                [*fixed, *([*one] for one in zip(*rows, strict=True)), BETWEEN],
            )
            return [Entry(*one) for one in cursor.fetchall()]
        cursor.execute(
            f"INSERT INTO {TABLE} {told} SELECT %s, %s, %s, %s, value->>0, value->>1, value->>2, value->>3"
            f" FROM json_each(%s) WHERE true {on} {back}",
            [*fixed, images.as_json(rows), BETWEEN],
        )
        return [Entry(*one) for one in cursor.fetchall()]


def _known(journal: Journal, name: str, rows: list[int]) -> bool:
    """Does the journal tell of one of these rows already?"""
    entry = f"SELECT 1 FROM {TABLE} WHERE journal_id = %s AND model = %s"
    what: list[Any] = [journal.pk, name, images.keys(rows)]
    if connection.vendor == "postgresql":
        # Row by row through the index: a young journal seems short to the planner, which reads it all.
        each = f'LATERAL ({entry} AND "row" = wanted.number LIMIT 1)'
        sql = f"SELECT 1 FROM unnest(%s::bigint[]) AS wanted (number), {each} AS known LIMIT 1"
        what = [what[2], *what[:2]]
    else:
        sql = f"{entry} AND {images.among('row')} LIMIT 1"
    with connection.cursor() as cursor:
        cursor.execute(sql, what)
        return cursor.fetchone() is not None


def _append(journal: Journal, name: str, kind: str, kept: bool, rows: list[tuple[Any, ...]]) -> list[Entry]:
    """Rows that the journal has not met: as fast as the database takes them."""
    numbers = bulk.reserve(JournalEntry, len(rows))
    fixed = (journal.pk, name, str(kind), not kept)
    bulk.write(
        JournalEntry,
        ["id", "journal_id", "model", "kind", "settled", "row", "customer", "image", "digest"],
        ((number, *fixed, *row) for number, row in zip(numbers, rows, strict=True)),
    )
    return [Entry(number, row[0], str(kind), row[3]) for number, row in zip(numbers, rows, strict=True)]


def settle(journal: Journal, name: str, entries: Collection[Entry]) -> None:
    """Digests of these rows as they are now; entries that tell of no change are dropped.

    A row that somebody else changed in between keeps its mark: which of the values were theirs, nobody knows.
    """
    between = [one.id for one in entries if one.digest == BETWEEN]
    JournalEntry.objects.filter(pk__in=between).update(settled=True)
    entries = [one for one in entries if one.digest != BETWEEN]
    names = told(journal, model_of(name))
    now = left(name, names, [one.row for one in entries])
    gone = [one.id for one in entries if one.kind == Kind.CREATED and one.row not in now]
    same = [one.id for one in entries if now.get(one.row, "") == one.digest]
    void = set(gone) | set(_as_before(same, name, names))
    drop(void)
    _write_digests(
        [(one.id, now.get(one.row, "")) for one in entries if one.id not in void],
    )


def _as_before(numbers: list[int], name: str, names: list[str]) -> Iterable[int]:
    kept = JournalEntry.objects.filter(pk__in=numbers, kind=Kind.KEPT)
    for number, image, left_as in kept.values_list("pk", "image", "digest"):
        if _digest_of(image, name, names) == left_as:
            yield number


def as_before(journal: Journal, model: Table, numbers: list[int], now: Mapping[int, str]) -> Iterable[int]:
    """Those of these entries whose rows stand in the table as they were kept."""
    kept = JournalEntry.objects.filter(pk__in=numbers, kind=Kind.KEPT)
    for number, row, image in kept.values_list("pk", "row", "image"):
        if _digest_of(image, label(model), told(journal, model)) == now.get(row):
            yield number


def _digest_of(image: str | None, name: str, names: Sequence[str]) -> str:
    before = images.unpack(image or "{}")
    return digest(name, names, [before[one] for one in names])


def drop(numbers: Collection[int]) -> None:
    """These entries need no undoing (any more)."""
    if numbers:
        images.delete(TABLE, "id", numbers)


def digest(name: str, names: Sequence[str], values: Sequence[Any]) -> str:
    """What tells a changed row from an unchanged one; columns that the program calculates are left out."""
    if calculated := overlooked(name):
        values = [value for one, value in zip(names, values, strict=True) if one not in calculated]
    return images.digest(values)


def left(name: str, names: Sequence[str], numbers: Collection[int], *, lock: bool = False) -> dict[int, str]:
    """{row: digest} of those that stand in the table now."""
    rows = images.read(model_of(name), names, numbers, lock=lock)
    return {number: digest(name, names, values) for number, _who, values in rows}


def _write_digests(pairs: list[tuple[int, str]]) -> None:
    if not pairs:
        return
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                f"UPDATE {TABLE} e SET digest = x.digest, settled = true"
                " FROM unnest(%s::bigint[], %s::text[]) x(id, digest) WHERE e.id = x.id",
                [list(one) for one in zip(*pairs, strict=True)],
            )
        else:
            sql = f"UPDATE {TABLE} SET digest = %s, settled = 1 WHERE id = %s"
            cursor.executemany(sql, [(value, number) for number, value in pairs])


def loose(journal: Journal) -> Mapping[str, list[Entry]]:
    """By model, the entries whose rows were touched and not looked at since."""
    found: dict[str, list[Entry]] = {}
    open_ones = JournalEntry.objects.filter(journal=journal, settled=False)
    for name, number, row, kind, digested in open_ones.values_list("model", "id", "row", "kind", "digest"):
        found.setdefault(name, []).append(Entry(number, row, kind, digested))
    return found
