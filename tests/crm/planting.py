"""A person with unique words in every column that refers to them, and a search for such words."""

from __future__ import annotations

import itertools
import json
import shutil
import subprocess
import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.db import connection, models

from crm import encryption
from crm.models import Customer
from crm.privacy import finding
from tests.people import NOON

MARK = "zqx0"  # No shorter: random letters of sealed texts would hold it by chance.
_count = itertools.count(1)


@pytest.fixture(autouse=True)
def empty_media(settings) -> None:
    """No file of an earlier test stands where the marked ones are counted; holds where it is imported."""
    shutil.rmtree(settings.MEDIA_ROOT, ignore_errors=True)
    Path(settings.MEDIA_ROOT).mkdir(parents=True)


def word(column: models.Field | None = None) -> str:
    """A word that stands nowhere else."""
    text = f"{MARK}{next(_count):04d}w"
    return text[: column.max_length] if column is not None and column.max_length else text


def make_row(model: type[models.Model], person: Customer, /, *, marked: bool, parent=None, **given: Any):
    """A row with something in every column; what several people share gets no unique words."""
    values = dict(given)
    for column in model._meta.local_concrete_fields:
        if column.name in values or column.auto_created or isinstance(column, models.AutoField):
            continue
        values[column.name] = _value(column, person, marked, parent)
    return model._base_manager.create(**values)


def _value(column: models.Field, customer: Customer, marked: bool, parent: Any) -> Any:
    if isinstance(column, models.ForeignKey):
        return _related(column, customer, parent)
    if column.choices:
        return next(key for key, _label in column.flatchoices if key != "")
    text = word(column) if marked else f"other{next(_count)}"[: column.max_length or 40]
    match column:
        case models.JSONField():
            return {"words": [text], "number": 3} if column.default is not list else [text]
        case models.FileField():
            return ""
        case models.BinaryField():
            return f"Subject: Hello\n\n{text}".encode()
        case models.DateTimeField():
            return NOON
        case models.DateField():
            return NOON.date()
        case models.TimeField():
            return NOON.time()
        case models.BooleanField():
            return False
        case models.DurationField():
            return timedelta(days=1)
        case models.UUIDField():
            return column.get_default()
        case models.GenericIPAddressField():
            return "10.1.2.3"
        case models.CharField() | models.TextField():
            return text
    return 1


def _related(column: models.ForeignKey, customer: Customer, parent: Any) -> Any:
    target = column.remote_field.model
    if target is Customer:
        return customer
    if parent is not None and isinstance(parent, target):
        return parent
    if column.null:
        return None
    if not isinstance(column, models.OneToOneField) and (found := target._base_manager.first()):
        return found
    return make_row(target, customer, marked=False)


def plant(customer: Customer) -> set[str]:
    """A row in every table that leads to this person; the tables' names."""
    planted: set[str] = set()
    for way in sorted(finding.ways(), key=lambda way: way.depth):
        if way.rows([customer.pk]).exists():
            continue
        head = way.path.split("__")[0]
        target = way.model._meta.get_field(head).remote_field.model
        parent = None
        if target is not Customer:
            parent = next(
                row for other in finding.ways() if other.model is target for row in other.rows([customer.pk])
            )
        make_row(way.model, customer, marked=True, **{head: parent or customer})
        planted.add(way.model._meta.db_table)
    return planted


def in_tables(text: str) -> Iterator[str]:
    """Where a text stands: every column of every table of the database."""
    with connection.cursor() as cursor:
        for table in connection.introspection.table_names(cursor):
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            names = [one[0] for one in cursor.description]
            for row in cursor.fetchall():
                for name, value in zip(names, row, strict=True):
                    if text.casefold() in _text(value).casefold():
                        yield f"{table}.{name}: {_text(value)[:80]}"


def _text(value: Any) -> str:
    if isinstance(value, bytes | memoryview):
        return bytes(value).decode("utf-8", "replace")
    text = value if isinstance(value, str) else json.dumps(value, default=str, ensure_ascii=False)
    return encryption.WITHIN.sub(lambda found: _opened(found[0]), text)


def _opened(sealed: str) -> str:
    try:
        return encryption.open(sealed)
    except encryption.Unreadable:
        return ""


SEARCH = """
import pathlib, sys
for one in pathlib.Path(sys.argv[1]).rglob("*"):
    if one.is_file() and sys.argv[2].encode() in one.read_bytes().lower():
        print(one)
"""


def in_files(text: str, folder: Path) -> list[str]:
    # In a process of its own: closing the file of an open SQLite database takes its locks from this one.
    found = subprocess.run(
        [sys.executable, "-c", SEARCH, str(folder), text], capture_output=True, text=True, check=True
    )
    return found.stdout.split("\n")[:-1]
