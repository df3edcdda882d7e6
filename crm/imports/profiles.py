"""How files with the same columns were read the last time, offered again."""

from __future__ import annotations

from datetime import datetime
from typing import Any, Final

from crm.errors import Refusal
from crm.imports import columns, sealing
from crm.imports.headers import fingerprint
from crm.models import ImportBatch, ImportProfile, User

KEPT: Final = ("dates", "decimals", "mode", "key", "blank", "defaults", "create_fields", "survey", "suppress")


def remember(batch: ImportBatch, *, by: User | None, at: datetime) -> None:
    """Keep what a person chose for these columns."""
    if not batch.findings["header"]:
        return
    ImportProfile.objects.update_or_create(
        kind=batch.kind,
        fingerprint=fingerprint(batch.findings["columns"]),
        defaults={
            "file_name": batch.file_name,
            "mapping": batch.mapping,
            "options": {name: batch.options[name] for name in KEPT if batch.options.get(name)},
            "used_at": at,
            "used_by": by,
        },
    )


def of(batch: ImportBatch) -> ImportProfile | None:
    """What is remembered about files with these columns."""
    if not batch.findings["header"]:
        return None
    return ImportProfile.objects.filter(
        kind=batch.kind, fingerprint=fingerprint(batch.findings["columns"])
    ).first()


def recall(batch: ImportBatch) -> None:
    """Take over what was chosen the last time; what is no longer there (an own field) is left out."""
    profile = of(batch)
    if profile is None or batch.options.get("continues"):
        return
    known = set(batch.findings["columns"])
    told: dict[str, Any] = dict.fromkeys(batch.findings["columns"], "") | {
        column: name
        for column, name in profile.mapping.items()
        if column in known and _still_there(batch.kind, name)
    }
    batch.options = {**batch.options, **profile.options, "profile": profile.pk}
    batch.mapping = columns.combine(batch.kind, batch.findings["columns"], told, guessed=False)
    sealing.hide(batch)
    drafts = ImportBatch.objects.filter(pk=batch.pk, state=ImportBatch.State.DRAFT)
    drafts.update(mapping=batch.mapping, options=batch.options, findings=batch.findings)


def _still_there(kind: str, name: str) -> bool:
    try:
        columns.field_of(kind, name)
    except Refusal:
        return False
    return True
