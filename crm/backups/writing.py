"""Writing a backup: one moment of the database, streamed, beside people at work."""

from __future__ import annotations

import hashlib
import json
import os
import zipfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any, Final

from django.conf import settings
from django.db import connection, transaction
from django.db.migrations.recorder import MigrationRecorder
from django.utils.translation import gettext as _

from crm import audit
from crm.backups import columns
from crm.errors import Refusal
from crm.models import BackupRecord

FORMAT: Final = "closeknit-backup-1"
BLOCK: Final = 1 << 20


@dataclass(frozen=True, slots=True)
class Written:
    tables: int
    rows: int
    files: int
    sha256: str


def write(target: Path, *, at: datetime) -> Written:
    """Write the file under another name, then put it in its place: what stands there is always whole."""
    target = target.absolute()
    media = Path(settings.MEDIA_ROOT)
    if target.is_relative_to(media.absolute()):
        raise Refusal(_("A backup must not lie among the uploaded files. Choose another folder."))
    draft = target.with_name(f".{target.name}.{os.getpid()}")
    try:
        with draft.open("xb") as file:
            draft.chmod(0o600)
            with zipfile.ZipFile(file, "w", zipfile.ZIP_DEFLATED, allowZip64=True) as archive:
                counts = _tables(archive)
                files = _media(archive, media)
                archive.writestr("manifest.json", json.dumps(_manifest(counts, at), indent=1))
            file.flush()
            os.fsync(file.fileno())
        digest = sha256_of(draft)
        draft.replace(target)
    finally:
        draft.unlink(missing_ok=True)
    written = Written(len(counts), sum(one["rows"] for one in counts.values()), files, digest)
    _remember(target.name, written, at)
    return written


def _tables(archive: zipfile.ZipFile) -> dict[str, dict[str, Any]]:
    counts: dict[str, dict[str, Any]] = {}
    with _one_moment():
        for model in columns.models():
            label, n = model._meta.label_lower, 0
            with archive.open(f"tables/{label}.jsonl", "w", force_zip64=True) as file:
                for row in columns.rows(model):
                    file.write(columns.encode(row))
                    n += 1
            counts[label] = {"rows": n, "columns": [one.attname for one in columns.columns(model)]}
    return counts


@contextmanager
def _one_moment() -> Iterator[None]:
    """All tables as they are at the same moment, while others go on writing."""
    if connection.in_atomic_block:
        yield
    elif connection.vendor == "postgresql":
        with transaction.atomic():
            with connection.cursor() as cursor:
                cursor.execute("SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY")
            yield
    else:
        with connection.cursor() as cursor:
            cursor.execute("BEGIN DEFERRED")  # Reads its own moment of the log and keeps nobody waiting.
        try:
            yield
        finally:
            with connection.cursor() as cursor:
                cursor.execute("ROLLBACK")


def _media(archive: zipfile.ZipFile, root: Path) -> int:
    n = 0
    for path in sorted(one for one in root.rglob("*") if one.is_file() and not one.is_symlink()):
        try:
            archive.write(path, f"media/{path.relative_to(root).as_posix()}")
            n += 1
        except FileNotFoundError:  # Deleted just now.
            continue
    return n


def _manifest(counts: dict[str, dict[str, Any]], at: datetime) -> dict[str, Any]:
    return {"format": FORMAT, "made_at": at.isoformat(), "migrations": migrations(), "tables": counts}


def migrations() -> list[str]:
    """Which shape the tables have: only the same one can be read back."""
    return sorted(".".join(one) for one in MigrationRecorder(connection).applied_migrations())


def sha256_of(path: Path) -> str:
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _remember(name: str, written: Written, at: datetime) -> None:
    """So that pages can say what an erasure does not reach; one of the same name took the other's place."""
    BackupRecord.objects.filter(name=name[:200], deleted_at=None).update(deleted_at=at)
    row = BackupRecord.objects.create(name=name[:200], sha256=written.sha256, made_at=at, rows=written.rows)
    audit.record(None, "exported", row, count=written.rows)
