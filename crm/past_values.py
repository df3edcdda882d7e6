"""What earlier work keeps of an own field that became sensitive: images to undo with, jobs, lists and files.

Images hold the value sealed, as text in its place; put back by undoing, it is moved like any plain value.
May be killed and repeated.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

from django.conf import settings

from crm import encryption, kept_queries
from crm.imports import error_file, sealing, staging
from crm.journal import images
from crm.models import BulkJob, CustomField, ExportFile, ImportBatch, Journal, JournalEntry, RememberedAnswer
from crm.sensitive import HIDDEN, STEP

OVER: Final = (ImportBatch.State.DONE, ImportBatch.State.UNDONE, ImportBatch.State.CANCELLED)
type Turn = Callable[[Any], Any]


def hide(field: CustomField) -> None:
    """The field is sensitive now: nothing of it stays in the open."""
    _turn_images(field.key, encryption.sealed_value)
    _hide_jobs(field)
    _hide_imports(field)
    kept_queries.forget_field(field)
    for export in ExportFile.objects.filter(path__gt=""):
        if f"custom.{field.key}" in export.columns:
            Path(settings.MEDIA_ROOT, export.path).unlink(missing_ok=True)
    RememberedAnswer.objects.filter(body__contains=json.dumps(field.key)).update(body="")


def show(field: CustomField) -> None:
    """The field is no longer sensitive: undoing puts back plain values."""
    _turn_images(field.key, encryption.open_value)


def _turn_images(key: str, turn: Turn) -> None:
    quoted = json.dumps(json.dumps(key))[1:-1]  # As it stands in JSON within JSON.
    found = JournalEntry.objects.filter(model="crm.customer", image__contains=quoted).order_by("pk")
    last = 0
    while rows := list(found.filter(pk__gt=last).only("pk", "image")[:STEP]):
        last = rows[-1].pk
        for row in rows:
            row.image = _turned(row.image or "{}", key, turn)
        JournalEntry.objects.bulk_update(rows, ["image"])


def _turned(image: str, key: str, turn: Turn) -> str:
    values = images.unpack(image)
    own = json.loads(values.get("custom") or "{}")
    if own.get(key) is None:
        return image
    values["custom"] = json.dumps({**own, key: turn(own[key])})
    return images.pack(list(values), list(values.values()))


def _hide_jobs(field: CustomField) -> None:
    """Changes of many that wrote one value into the field."""
    title = f"{field.label}: {HIDDEN}"[:200]
    jobs = BulkJob.objects.filter(action="field", options__field=f"custom.{field.key}")
    for job in jobs.exclude(options__value=HIDDEN):
        BulkJob.objects.filter(pk=job.pk).update(options={**job.options, "value": HIDDEN}, title=title)
        Journal.objects.filter(kind=Journal.Kind.BULK, reference=str(job.pk)).update(title=title)


def _hide_imports(field: CustomField) -> None:
    for batch in ImportBatch.objects.all().iterator(chunk_size=50):
        if f"custom.{field.key}" not in batch.mapping.values() or not batch.findings:
            continue
        sealing.hide(batch)
        secret = sealing.places(batch)
        for problem in batch.problems.iterator(chunk_size=STEP):
            problem.cells = sealing.cells(problem.cells, secret)
            problem.save(update_fields=["cells"])
        if batch.state in OVER:
            _drop_file(batch)
        batch.save(update_fields=["findings", "counts", "path"])


def _drop_file(batch: ImportBatch) -> None:
    """The rows are in the database; those to correct are written anew, sealed."""
    listed = batch.counts.get("error_file")
    kept = batch.path and staging.source(batch).exists()
    if listed and kept:
        batch.counts = {**batch.counts, "error_file": error_file.write(batch)}
    elif listed:
        Path(listed).unlink(missing_ok=True)
        batch.counts = {**batch.counts, "error_file": None}
    if batch.path:
        staging.source(batch).unlink(missing_ok=True)
        batch.path = ""
