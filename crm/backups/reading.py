"""Reading a backup back: everything or nothing, and nobody returns who was erased since."""

from __future__ import annotations

import json
import shutil
import zipfile
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import datetime
from itertools import batched
from pathlib import Path
from typing import Any

from django.conf import settings
from django.contrib.contenttypes.models import ContentType
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.db import IntegrityError, connection, transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from crm import audit, bulk
from crm.backups import columns, since
from crm.backups.writing import FORMAT, migrations, sha256_of
from crm.errors import Refusal
from crm.models import BackupRecord, ImportBatch, Message
from crm.privacy import traces

AT_ONCE = 2000


@dataclass(frozen=True, slots=True)
class Restored:
    tables: int
    rows: int
    files: int
    sha256: str
    erased_again: int
    unsure: int  # Mails that waited then: nobody knows whether they left since.
    unmatched: int  # Hashes of erased people made with another SECRET_KEY: they keep nobody out any more.


def restore(source: Path, *, at: datetime) -> Restored:
    """Put this backup in the place of everything that is stored now."""
    try:
        archive = zipfile.ZipFile(source)
    except zipfile.BadZipFile:
        raise Refusal(_("This file is not a backup, or only a part of one.")) from None
    with archive:
        manifest = _manifest(archive)
        made_at = datetime.fromisoformat(manifest["made_at"])
        _refuse_while_at_work()
        known = since.remembered(made_at)
        media = Path(settings.MEDIA_ROOT)
        fresh, old = media.with_name("media.restoring"), media.with_name("media.before")
        for left in (fresh, old):
            shutil.rmtree(left, ignore_errors=True)
        files = _unpack(archive, fresh)
        try:
            rows = _replace(archive, manifest, media, fresh, old)
        except (KeyError, ValueError, zipfile.BadZipFile, IntegrityError) as error:
            raise Refusal(_("The backup is damaged. Nothing was changed.")) from error
        finally:
            shutil.rmtree(fresh, ignore_errors=True)
        shutil.rmtree(old, ignore_errors=True)
    cache.clear()
    unsure = _doubt(made_at)
    digest = sha256_of(source)
    _remember(source.name, digest, rows, made_at)
    again = since.erase_again(known, at=at)
    audit.record(None, "undone", "backup", count=rows, detail=f"restored, {again} erased again")
    traces.compact()
    return Restored(len(manifest["tables"]), rows, files, digest, again, unsure, since.unmatched())


def _manifest(archive: zipfile.ZipFile) -> dict[str, Any]:
    try:
        manifest: dict[str, Any] = json.loads(archive.read("manifest.json"))
    except (KeyError, ValueError, zipfile.BadZipFile):
        raise Refusal(_("This file is not a backup, or only a part of one.")) from None
    if manifest.get("format") != FORMAT:
        raise Refusal(_("This file is not a backup, or only a part of one."))
    if set(manifest["migrations"]) != set(migrations()):
        raise Refusal(
            _(
                "This backup was made by another version of the program. "
                "Install that version, restore there, then update."
            )
        )
    return manifest


def _refuse_while_at_work() -> None:
    if ImportBatch.objects.filter(state=ImportBatch.State.RUNNING).exists():
        raise Refusal(_("A file is being imported just now. Please stop the program first."))
    if Message.objects.filter(state=Message.State.SENDING).exists():
        raise Refusal(_("Mails are being sent just now. Please stop the program first."))


def _unpack(archive: zipfile.ZipFile, folder: Path) -> int:
    """The uploads, beside the present ones; names that lead elsewhere are refused."""
    folder.mkdir(mode=0o700, parents=True)
    names = [one for one in archive.namelist() if one.startswith("media/")]
    for name in names:
        target = (folder / name.removeprefix("media/")).resolve()
        if not target.is_relative_to(folder.resolve()):
            raise Refusal(_("The backup is damaged. Nothing was changed."))
        target.parent.mkdir(parents=True, exist_ok=True)
        with archive.open(name) as packed, target.open("xb") as file:
            target.chmod(0o600)
            shutil.copyfileobj(packed, file)
    return len(names)


def _replace(archive: zipfile.ZipFile, manifest: dict[str, Any], media: Path, fresh: Path, old: Path) -> int:
    """All tables in one transaction; the folders change places at its end."""
    rows, moved = 0, False
    try:
        with transaction.atomic():
            _empty()
            for model in columns.models():
                rows += _table(archive, manifest["tables"][model._meta.label_lower], model)
            bulk.follow(*columns.models())
            connection.check_constraints()
            if media.exists():
                media.rename(old)
            moved = True
            fresh.rename(media)
    except BaseException:
        if moved and old.exists():
            shutil.rmtree(media, ignore_errors=True)
            old.rename(media)
        raise
    ContentType.objects.clear_cache()
    bulk.analyze(*columns.models())
    return rows


def _empty() -> None:
    """Every row away; the audit log opens for whoever shows the pass."""
    kept: list[type[Model]] = [*columns.models(), Session]
    tables = [connection.ops.quote_name(one._meta.db_table) for one in kept]
    records = connection.ops.quote_name(BackupRecord._meta.db_table)
    with audit.passage(), connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute("SET CONSTRAINTS ALL DEFERRED")
        cursor.execute(
            f"UPDATE {records} SET deleted_by_id = NULL"
        )  # The records stay, their people may not.
        for table in tables:
            cursor.execute(f"DELETE FROM {table}")


def _table(archive: zipfile.ZipFile, told: dict[str, Any], model: type[Model]) -> int:
    fields = {one.attname: one for one in columns.columns(model)}
    wanted = [fields[name] for name in told["columns"]]
    names = [str(one.column) for one in wanted]
    n = 0
    for some in batched(_lines(archive, model), AT_ONCE):
        values = [[columns.stored(one, cell) for one, cell in zip(wanted, row, strict=True)] for row in some]
        bulk.write(model, names, values)
        n += len(values)
    if n != told["rows"]:
        raise ValueError("rows are missing")
    return n


def _doubt(made_at: datetime) -> int:
    """What was under way: mails that waited may have left since, so they are not sent by themselves."""
    running = ImportBatch.objects.filter(state=ImportBatch.State.RUNNING)
    running.update(state=ImportBatch.State.FAILED, error=_("A backup was restored meanwhile."))
    waiting = Message.objects.filter(state__in=[Message.State.QUEUED, Message.State.SENDING])
    return waiting.filter(planned_at__lte=made_at).update(state=Message.State.UNSURE)


def _lines(archive: zipfile.ZipFile, model: type[Model]) -> Iterator[list[Any]]:
    with archive.open(f"tables/{model._meta.label_lower}.jsonl") as file:
        for line in file:
            yield json.loads(line.decode("utf-8", "surrogatepass"))


def _remember(name: str, digest: str, rows: int, made_at: datetime) -> None:
    """The file that was read is a backup too, wherever it was made."""
    if not BackupRecord.objects.filter(sha256=digest).exists():
        BackupRecord.objects.create(name=name[:200], sha256=digest, rows=rows, made_at=made_at)
