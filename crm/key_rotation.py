"""Sealing everything anew with the newest key, in small steps; may be killed at any moment and run again.

Each step is one transaction over some rows, and a value says itself which key sealed it, so the columns are
their own checkpoint: what was done stays done, and all keys open meanwhile. A value that somebody changes at
the same time wins over its rotation. Files are replaced one by one, each as a whole.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db import connection, transaction

from crm import encryption
from crm.encryption import EncryptedText, Unreadable
from crm.imports import resealing

STEP = 500
FILES = "files of rows to correct"


@dataclass(frozen=True, slots=True)
class Column:
    """Where sealed text lies; `within` longer texts, which may be JSON."""

    table: str
    name: str
    key: str
    within: bool = False
    kind: str = "text"

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"


@dataclass(slots=True)
class Rotation:
    """What a run found and did. `done` counts values sealed anew, per column, and lines of files."""

    done: dict[str, int] = field(default_factory=dict)
    current: int = 0  # Sealed with the newest key, after the run.
    unreadable: int = 0  # No key opens them; they were left as they are.
    remaining: int = 0  # Readable, but written with an old key while the run was on.
    waiting: int = 0  # Imports that are not over, whose file holds values sealed with an old key.

    @property
    def old_keys_unused(self) -> bool:
        """Whether the keys behind the first may be taken out of FIELD_KEYS."""
        return not self.unreadable and not self.remaining and not self.waiting


_others: list[tuple[str, str, bool]] = []


def register(model: str, column: str, *, within: bool = False) -> None:
    """Let rotation reach sealed text in a column that is no EncryptedText ("crm.Mailbox", "password")."""
    if (model, column, within) not in _others:
        _others.append((model, column, within))


def columns() -> list[Column]:
    """Every column that holds sealed text."""
    fields = [
        one
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
        for one in model._meta.local_concrete_fields
        if isinstance(one, EncryptedText)
    ]
    found = [(one, False) for one in fields]
    found += [(apps.get_model(model)._meta.get_field(name), within) for model, name, within in _others]
    return [
        Column(
            one.model._meta.db_table,
            str(one.column),
            str(one.model._meta.pk.column),
            within,
            str(one.db_type(connection)),
        )
        for one, within in found
    ]


def rotate(
    step: int = STEP, after_step: Callable[[Column | str, int], object] = lambda place, n: None
) -> Rotation:
    """Seal what an old key sealed with the newest one. `after_step` hears how many each step did."""
    rotation = Rotation()
    for column in columns():
        rotation.done[str(column)] = 0
        for changed in _steps(column, step):
            rotation.done[str(column)] += changed
            after_step(column, changed)
    rotation.done[FILES] = 0
    for path in resealing.files():
        changed = resealing.seal_anew(path)
        rotation.done[FILES] += changed
        after_step(FILES, changed)
    for column in columns():
        _judge(column, rotation)
    for path in resealing.files():
        _count(rotation, *resealing.judge(path))
    rotation.waiting = resealing.waiting()
    return rotation


def _count(rotation: Rotation, current: int, unreadable: int, remaining: int) -> None:
    rotation.current += current
    rotation.unreadable += unreadable
    rotation.remaining += remaining


def _steps(column: Column, step: int) -> Iterator[int]:
    last: int | None = None
    while rows := _old(column, step, last):
        last = rows[-1][0]
        anew = []
        for key, sealed in rows:
            try:
                fresh = _anew(column, sealed)
            except Unreadable:
                continue
            if fresh != sealed:
                anew.append((fresh, key, sealed))
        yield _replace(column, anew)


def _anew(column: Column, text: str) -> str:
    return encryption.seal_anew(text) if column.within else encryption.seal(encryption.open(text))


def _old(column: Column, step: int, last: int | None) -> list[tuple[int, str]]:
    """The next rows that the newest key did not seal, or not alone, in the order of their keys."""
    table, text, key = _quoted(column)
    where, params = f"{text} <> '' AND {text} NOT LIKE %s", [f"{encryption.prefix()}%"]
    if column.within:
        where, params = f"{text} LIKE %s", [f"%{encryption.SIGN}%"]
    return _read(f"SELECT {key}, {text} FROM {table} WHERE {where}", key, step, params, last)


def _read(sql: str, key: str, step: int, params: list[str], last: int | None) -> list[tuple[int, str]]:
    after, told = ("", []) if last is None else (f" AND {key} > %s", [last])
    with connection.cursor() as cursor:
        cursor.execute(f"{sql}{after} ORDER BY {key} LIMIT %s", [*params, *told, step])
        return list(cursor.fetchall())


def _quoted(column: Column) -> tuple[str, str, str]:
    """Table, the column as text, and key."""
    table, name, key = (connection.ops.quote_name(one) for one in (column.table, column.name, column.key))
    return table, f"CAST({name} AS text)" if column.within else name, key


@transaction.atomic
def _replace(column: Column, anew: list[tuple[str, int, str]]) -> int:
    table, text, key = _quoted(column)
    name, changed = connection.ops.quote_name(column.name), 0
    with connection.cursor() as cursor:
        for values in anew:
            cursor.execute(
                f"UPDATE {table} SET {name} = CAST(%s AS {column.kind}) WHERE {key} = %s AND {text} = %s",
                values,
            )
            changed += cursor.rowcount
    return changed


def _judge(column: Column, rotation: Rotation) -> None:
    """Count what is current, and what is not: unreadable, or just written by a process with the old keys."""
    table, text, _pk = _quoted(column)
    anywhere = "%" if column.within else ""
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT COUNT(*) FROM {table} WHERE {text} LIKE %s", [f"{anywhere}{encryption.prefix()}%"]
        )
        rotation.current += cursor.fetchone()[0]
    last: int | None = None
    while rows := _old(column, STEP, last):
        last = rows[-1][0]
        for _key, sealed in rows:
            try:
                is_old = _anew(column, sealed) != sealed
            except Unreadable:
                rotation.unreadable += 1
            else:
                rotation.remaining += is_old
