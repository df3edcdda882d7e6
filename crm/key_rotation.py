"""Sealing everything anew with the newest key, in small steps; may be killed at any moment and run again.

Each step is one transaction over some rows, and a value says itself which key sealed it, so the columns are
their own checkpoint: what was done stays done, and all keys open meanwhile. A value that somebody changes at
the same time wins over its rotation.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field

from django.apps import apps
from django.db import connection, transaction

from crm import encryption
from crm.encryption import EncryptedText, Unreadable

STEP = 500


@dataclass(frozen=True, slots=True)
class Column:
    """Where sealed text lies."""

    table: str
    name: str
    key: str

    def __str__(self) -> str:
        return f"{self.table}.{self.name}"


@dataclass(slots=True)
class Rotation:
    """What a run found and did. `done` counts values sealed anew, per column."""

    done: dict[str, int] = field(default_factory=dict)
    current: int = 0  # Sealed with the newest key, after the run.
    unreadable: int = 0  # No key opens them; they were left as they are.
    remaining: int = 0  # Readable, but written with an old key while the run was on.

    @property
    def old_keys_unused(self) -> bool:
        """Whether the keys behind the first may be taken out of FIELD_KEYS."""
        return not self.unreadable and not self.remaining


_others: list[tuple[str, str]] = []


def register(model: str, column: str) -> None:
    """Let rotation reach sealed text in a column that is no EncryptedText ("crm.Mailbox", "password")."""
    if (model, column) not in _others:
        _others.append((model, column))


def columns() -> list[Column]:
    """Every column that holds sealed text."""
    fields = [
        one
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy
        for one in model._meta.local_concrete_fields
        if isinstance(one, EncryptedText)
    ]
    fields += [apps.get_model(model)._meta.get_field(name) for model, name in _others]
    return [
        Column(one.model._meta.db_table, str(one.column), str(one.model._meta.pk.column)) for one in fields
    ]


def rotate(
    step: int = STEP, after_step: Callable[[Column, int], object] = lambda column, n: None
) -> Rotation:
    """Seal what an old key sealed with the newest one. `after_step` hears how many each step did."""
    rotation = Rotation()
    for column in columns():
        rotation.done[str(column)] = 0
        for changed in _steps(column, step):
            rotation.done[str(column)] += changed
            after_step(column, changed)
    for column in columns():
        _judge(column, rotation)
    return rotation


def _steps(column: Column, step: int) -> Iterator[int]:
    last: int | None = None
    while rows := _old(column, step, last):
        last = rows[-1][0]
        anew = []
        for key, sealed in rows:
            try:
                anew.append((encryption.seal(encryption.open(sealed)), key, sealed))
            except Unreadable:
                continue
        yield _replace(column, anew)


def _old(column: Column, step: int, last: int | None) -> list[tuple[int, str]]:
    """The next rows that the newest key did not seal, in the order of their keys."""
    table, name, key = (connection.ops.quote_name(one) for one in (column.table, column.name, column.key))
    where = f"{name} <> '' AND {name} NOT LIKE %s"
    params: list[str | int] = [f"{encryption.prefix()}%"]
    if last is not None:
        where, params = f"{where} AND {key} > %s", [*params, last]
    with connection.cursor() as cursor:
        cursor.execute(
            f"SELECT {key}, {name} FROM {table} WHERE {where} ORDER BY {key} LIMIT %s", [*params, step]
        )
        return list(cursor.fetchall())


@transaction.atomic
def _replace(column: Column, anew: list[tuple[str, int, str]]) -> int:
    table, name, key = (connection.ops.quote_name(one) for one in (column.table, column.name, column.key))
    changed = 0
    with connection.cursor() as cursor:
        for values in anew:
            cursor.execute(f"UPDATE {table} SET {name} = %s WHERE {key} = %s AND {name} = %s", values)
            changed += cursor.rowcount
    return changed


def _judge(column: Column, rotation: Rotation) -> None:
    """Count what is current, and what is not: unreadable, or just written by a process with the old keys."""
    table, name = connection.ops.quote_name(column.table), connection.ops.quote_name(column.name)
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT COUNT(*) FROM {table} WHERE {name} LIKE %s", [f"{encryption.prefix()}%"])
        rotation.current += cursor.fetchone()[0]
    last: int | None = None
    while rows := _old(column, STEP, last):
        last = rows[-1][0]
        for _key, sealed in rows:
            try:
                encryption.open(sealed)
            except Unreadable:
                rotation.unreadable += 1
            else:
                rotation.remaining += 1
