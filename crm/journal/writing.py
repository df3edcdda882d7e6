"""Entries of a journal: rows read and stored in bulk, digests brought up to date."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from typing import Any, Final

from django.db import connection

from crm import bulk
from crm.journal import images
from crm.journal.graph import Table, columns, label, model_of, overlooked
from crm.models import Journal, JournalEntry

Kind = JournalEntry.Kind
NAMES: Final = ("journal_id", "model", "row", "kind", "customer", "image", "digest", "settled")


def told(journal: Journal, model: Table) -> list[str]:
    """The columns of this journal's images: those of the day it was begun, also after an upgrade."""
    name = label(model)
    if name not in journal.columns:
        journal.columns[name] = list(columns(model))
        Journal.objects.filter(pk=journal.pk).update(columns=journal.columns)
    return list(journal.columns[name])


def enter(journal: Journal, model: Table, numbers: set[int], kind: str) -> None:
    """One entry per row, unless there is one; rows made by this journal count as left as they are now."""
    if not numbers:
        return
    assert journal.state == Journal.State.OPEN, "this journal is sealed"
    name = label(model)
    known = _known(journal, name, numbers)
    if known:
        _execute(
            f"UPDATE {_table()} SET settled = %s WHERE {_where()}", [False, *_place(journal, name, known)]
        )
    names = told(journal, model)
    kept = kind == Kind.KEPT
    rows = list(images.read(model, names, numbers - known))
    bulk.write(JournalEntry, NAMES, (_entry(journal, name, names, kept, row) for row in rows))


def _entry(journal: Journal, name: str, names: list[str], kept: bool, row: images.Row) -> tuple[Any, ...]:
    number, customer, values = row
    image = images.pack(names, values) if kept else None
    kind = Kind.KEPT if kept else Kind.CREATED
    return (journal.pk, name, number, kind.value, customer, image, digest(name, names, values), not kept)


def settle(journal: Journal, name: str, numbers: Collection[int]) -> None:
    """Digests of these rows as they are now; entries that tell of no change are dropped."""
    names = told(journal, model_of(name))
    now = left(name, names, numbers)
    entries = JournalEntry.objects.filter(journal=journal, model=name, row__in=list(numbers))
    changed: list[tuple[str, int]] = []
    same: list[int] = []
    gone: list[int] = []
    for row, kind, digest in entries.values_list("row", "kind", "digest"):
        if kind == Kind.CREATED and row not in now:
            gone.append(row)
        elif now.get(row, "") == digest:
            same.append(row)
        else:
            changed.append((now.get(row, ""), row))
    gone += _as_before(entries.filter(kind=Kind.KEPT, row__in=same), name, names)
    drop(journal, name, gone)
    _execute(
        f"UPDATE {_table()} SET settled = %s WHERE {_where()}",
        [True, *_place(journal, name, same)],
        only_if=same,
    )
    _write_digests(journal, name, changed)


def drop(journal: Journal, name: str, rows: Collection[int]) -> None:
    """These rows need no undoing (any more)."""
    _execute(f"DELETE FROM {_table()} WHERE {_where()}", _place(journal, name, rows), only_if=rows)


def _as_before(entries: Any, name: str, names: list[str]) -> Iterable[int]:
    for row, image, left_as in entries.values_list("row", "image", "digest"):
        before = images.unpack(image)
        if digest(name, names, [before[one] for one in names]) == left_as:
            yield row


def digest(name: str, names: Sequence[str], values: Sequence[Any]) -> str:
    """What tells a changed row from an unchanged one; columns that the program calculates are left out."""
    if calculated := overlooked(name):
        values = [value for one, value in zip(names, values, strict=True) if one not in calculated]
    return images.digest(values)


def left(name: str, names: Sequence[str], numbers: Collection[int], *, lock: bool = False) -> dict[int, str]:
    """{row: digest} of those that stand in the table now."""
    rows = images.read(model_of(name), names, numbers, lock=lock)
    return {number: digest(name, names, values) for number, _who, values in rows}


def _write_digests(journal: Journal, name: str, changed: list[tuple[str, int]]) -> None:
    if not changed:
        return
    if connection.vendor == "postgresql":
        sql = (
            f"UPDATE {_table()} e SET digest = x.digest, settled = true"
            ' FROM (SELECT unnest(%s::text[]) AS digest, unnest(%s::bigint[]) AS "row") x'
            ' WHERE e.journal_id = %s AND e.model = %s AND e."row" = x."row"'
        )
        digests, rows = [list(one) for one in zip(*changed, strict=True)]
        _execute(sql, [digests, rows, journal.pk, name])
        return
    sql = (
        f'UPDATE {_table()} SET digest = %s, settled = 1 WHERE "row" = %s AND journal_id = %s AND model = %s'
    )
    with connection.cursor() as cursor:
        cursor.executemany(sql, [(*one, journal.pk, name) for one in changed])


def _known(journal: Journal, name: str, numbers: Collection[int]) -> set[int]:
    with connection.cursor() as cursor:
        cursor.execute(f'SELECT "row" FROM {_table()} WHERE {_where()}', _place(journal, name, numbers))
        return {number for (number,) in cursor.fetchall()}


def _where() -> str:
    return f"journal_id = %s AND model = %s AND {images.among('row')}"


def _table() -> str:
    return JournalEntry._meta.db_table


def _place(journal: Journal, name: str, numbers: Collection[int]) -> list[Any]:
    return [journal.pk, name, images.keys(numbers)]


def _execute(sql: str, parameters: list[Any], *, only_if: Collection[int] = (0,)) -> None:
    if only_if:
        with connection.cursor() as cursor:
            cursor.execute(sql, parameters)
