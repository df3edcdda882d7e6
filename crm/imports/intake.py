"""A file on its way in: copied to our folder, looked through, its columns confirmed, then queued."""

from __future__ import annotations

import hashlib
import os
import secrets
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from pathlib import Path, PurePath
from typing import Any, Final

from django.conf import settings
from django.db import transaction
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from crm import journal
from crm.errors import Refusal
from crm.imports import (
    choices,
    columns,
    continuing,
    exchange,
    kinds,
    presets,
    sealing,
    staging,
    studying,
)
from crm.imports.headers import plain
from crm.imports.presets import general
from crm.models import CustomField, ImportBatch, User

BLOCK: Final = 1 << 20
LARGEST_UPLOAD: Final = 200 * BLOCK
KEPT: Final = timedelta(days=90)
KNOWN_FILES: Final = {"customers", "purchases", "subscriptions"}  # Kinds of which programs write exports.


def take(
    blocks: Iterable[bytes], name: str, kind: str, *, options: Mapping[str, Any], by: User | None = None
) -> ImportBatch:
    """Keep a copy under a name of our own and begin a DRAFT."""
    path = PurePath("imports", f"{secrets.token_hex(16)}.data")
    target = Path(settings.MEDIA_ROOT, path)
    target.parent.mkdir(parents=True, exist_ok=True)
    digest = hashlib.sha256()
    try:
        with target.open("xb") as file:
            target.chmod(0o600)
            for block in blocks:
                digest.update(block)
                file.write(block)
    except BaseException:
        target.unlink(missing_ok=True)
        raise
    return ImportBatch.objects.create(
        kind=kind,
        file_name=PurePath(name.replace("\\", "/")).name[:200] or "file",
        path=str(path),
        sha256=digest.hexdigest(),
        options=dict(options),
        started_by=by,
    )


def blocks_of(path: Path) -> Iterable[bytes]:
    """The file piece by piece; refuses one that somebody writes to at the same time."""
    with path.open("rb") as file:
        before = os.fstat(file.fileno())
        while block := file.read(BLOCK):
            yield block
        after = path.stat()
    if (before.st_size, before.st_mtime_ns, before.st_ino) != (
        after.st_size,
        after.st_mtime_ns,
        after.st_ino,
    ):
        raise Refusal(_("This file changed while it was read. Please try again when nobody writes to it."))


def understand(batch: ImportBatch) -> None:
    """Look the whole file through and guess its columns; what a person said before stays."""
    options = batch.options
    batch.findings = studying.study(
        staging.source(batch), delimiter=options.get("delimiter", ""), header=options.get("header")
    )
    if not options.get("told") and (before := continuing.origin(batch)):
        continuing.take_over(batch, before)
    else:
        _give_meaning(batch)
    batch.total_rows = batch.findings["rows"]
    sealing.hide(batch)
    drafts = ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.DRAFT)
    drafts.update(
        findings=batch.findings, mapping=batch.mapping, options=batch.options, total_rows=batch.total_rows
    )


def _give_meaning(batch: ImportBatch) -> None:
    """Guess the columns; what a person said stays."""
    options = batch.options
    preset = _preset(batch)
    guessed = options.get("guess", True) and batch.findings["header"]
    told = options.get("told", {})
    if not told and (options.get("preset") == general.CDNOW.name or not options.get("preset")):
        told = general.shape(batch.findings)
        options |= {"preset": general.CDNOW.name} if told else {}
    batch.mapping = columns.combine(
        batch.kind, batch.findings["columns"], told, guessed=guessed, preset=preset
    )
    if guessed:
        batch.mapping |= _by_values(batch, told)
    if preset is None and not told:
        options["preset"] = general.guessed(batch.kind, batch.mapping)


def _by_values(batch: ImportBatch, told: Mapping[str, str]) -> dict[str, str]:
    """Column → field, of columns that their values explain to this kind; what a person said stays."""
    recognise = getattr(kinds.loader(batch.kind), "recognise_values", None)
    if recognise is None:
        return {}
    settled = {plain(column) for column in (*batch.mapping, *told)}
    studies = dict(zip(batch.findings["columns"], batch.findings["studies"], strict=True))
    rest = {column: study for column, study in studies.items() if plain(column) not in settled}
    return dict(recognise(rest, batch.mapping, batch.options))


def _preset(batch: ImportBatch) -> presets.Preset | None:
    """The program that wrote the file, as told or recognised; refuses a list of people as purchases."""
    options = batch.options
    if told := options.get("told_preset"):
        found: presets.Preset | None = presets.named(told, batch.kind)
    elif not batch.findings["header"] or not options.get("guess", True):
        return None
    else:
        found = presets.recognise(batch.findings["columns"], batch.kind)
    if found is None or batch.kind not in KNOWN_FILES:
        return None
    if found.kind == "subscriptions" != batch.kind or (
        batch.kind == "purchases" and found.kind == "customers"
    ):
        raise OtherKind(found)
    options |= {name: value for name, value in found.options.items() if not options.get(name)}
    options["preset"] = found.name
    return found if found is not general.CDNOW else None


class OtherKind(Refusal):
    """The header says that the file is a list of another kind than it was brought as."""

    def __init__(self, preset: presets.Preset) -> None:
        self.preset = preset
        super().__init__(
            _("This file is a list of customers (%(preset)s). Please import it as customers.")
            % {"preset": preset.label}
            if preset.kind == "customers"
            else _("This file is a list of subscriptions (%(preset)s). Please import it as subscriptions.")
            % {"preset": preset.label}
        )


def change_kind(batch: ImportBatch, kind: str) -> None:
    """Read a draft as another kind of file."""
    batch.kind = kind
    ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.DRAFT).update(kind=kind)
    understand(batch)


def check(batch: ImportBatch) -> kinds.Plan:
    """Refuse, naming the column, what cannot be imported as it is mapped now."""
    plan = staging.plan_of(batch, at=batch.created_at)
    loader = kinds.loader(batch.kind)
    try:
        loader.check(plan)
    except Refusal as refusal:
        raise Refusal(f"{refusal} {_columns_seen(batch)}") from refusal
    exchange.check(batch)
    staging.readers(plan)
    staging.standards(plan)
    return plan


def _columns_seen(batch: ImportBatch) -> str:
    if not batch.findings["header"]:
        n = len(batch.findings["columns"])
        text = ngettext(
            "The file is read as %(n)d column without names.",
            "The file is read as %(n)d columns without names.",
            n,
        )
        return text % {"n": n}
    names = ", ".join(batch.findings["columns"][:40])
    return _("The columns are: %(columns)s.") % {"columns": names}


@transaction.atomic
def queue(batch: ImportBatch) -> None:
    """DRAFT → QUEUED, once; own fields are made of unknown columns where that was asked for."""
    check(batch)
    exchange.adopt(batch)
    if batch.options.get("create_fields") and kinds.takes_own_fields(batch.kind):
        batch.mapping, made = columns.create_fields(batch.findings, batch.mapping)
        journal.created(journal.of_import(batch), CustomField, made)
    sealing.hide(batch)
    choices.extend(batch)
    drafts = ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.DRAFT)
    drafts.update(state=ImportBatch.State.QUEUED, mapping=batch.mapping, findings=batch.findings)


def discard(batch: ImportBatch) -> None:
    """Forget a draft and its file."""
    staging.source(batch).unlink(missing_ok=True)
    ImportBatch.objects.filter(pk=batch.pk).delete()


def forget_old(now: datetime) -> None:
    """The nightly chore."""
    forget_files(before=now - KEPT)


def forget_files(*, before: datetime) -> int:
    """Delete the files of imports that ended before then; what they brought stays."""
    over = [ImportBatch.State.DONE, ImportBatch.State.CANCELLED]
    drafts = ImportBatch.objects.filter(state=ImportBatch.State.DRAFT, created_at__lt=before)
    old = ImportBatch.objects.filter(state__in=over, created_at__lt=before).exclude(path="")
    gone = 0
    for batch in [*old, *drafts]:
        staging.source(batch).unlink(missing_ok=True)
        if listed := batch.counts.get("error_file"):
            Path(listed).unlink(missing_ok=True)
        gone += 1
    old.update(path="")
    drafts.update(path="", state=ImportBatch.State.CANCELLED)
    return gone
