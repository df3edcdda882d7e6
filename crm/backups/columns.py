"""Rows as plain JSON that both databases understand."""

from __future__ import annotations

import base64
import json
from collections.abc import Iterator
from typing import Any

from django.apps import apps
from django.contrib.sessions.models import Session
from django.db import connection
from django.db.models import BinaryField, DurationField, Field, JSONField, Model, TextField, Value
from django.db.models.functions import Cast
from django.utils.duration import duration_string

from crm.encryption import EncryptedText
from crm.models import AuditPass, BackupRecord, WorkerHeartbeat

LEFT_OUT = (Session, AuditPass, BackupRecord, WorkerHeartbeat)  # Of this moment and this machine.
type Column = Field[Any, Any]


def models() -> list[type[Model]]:
    """Every table that is kept, in the order of their names."""
    found: list[type[Model]] = [
        model
        for model in apps.get_models(include_auto_created=True)
        if model._meta.managed and not model._meta.proxy and model not in LEFT_OUT
    ]
    return sorted(found, key=lambda model: model._meta.label_lower)


def columns(model: type[Model]) -> list[Column]:
    return [one for one in model._meta.local_concrete_fields if not getattr(one, "generated", False)]


def rows(model: type[Model]) -> Iterator[list[Any]]:
    """Each row as plain values, streamed; what is sealed stays sealed."""
    fields = columns(model)
    sealed = {
        f"sealed_{one.name}": Cast(one.name, TextField()) for one in fields if isinstance(one, EncryptedText)
    }
    names = [f"sealed_{one.name}" if isinstance(one, EncryptedText) else one.attname for one in fields]
    plain = [_writer(one) for one in fields]
    found = model._base_manager.annotate(**sealed).order_by("pk").values_list(*names)
    for row in found.iterator(chunk_size=2000):
        yield [None if value is None else write(value) for write, value in zip(plain, row, strict=True)]


def _writer(column: Column) -> Any:
    if isinstance(column, BinaryField):
        return lambda value: base64.b64encode(bytes(value)).decode()
    if isinstance(column, DurationField):
        return duration_string
    if isinstance(column, JSONField):
        return lambda value: value
    return lambda value: value if isinstance(value, bool | int | float | str) else str(value)


def encode(row: list[Any]) -> bytes:
    return json.dumps(row, ensure_ascii=False, separators=(",", ":")).encode("utf-8", "surrogatepass") + b"\n"


def stored(column: Column, value: Any) -> Any:
    """A plain value as this database wants it."""
    if isinstance(column, EncryptedText):
        return value
    if value is None and isinstance(column, JSONField) and not column.null:
        return column.get_db_prep_save(Value(None, JSONField()).value, connection) or "null"
    if isinstance(column, JSONField):
        return column.get_db_prep_save(value, connection)
    if isinstance(column, BinaryField):
        return None if value is None else base64.b64decode(value)
    return column.get_db_prep_save(column.to_python(value), connection)
