"""A file of corrected rows coming back: it goes on where its import left them aside."""

from __future__ import annotations

import re
from typing import Any, Final

from crm.imports.headers import plain
from crm.models import ImportBatch

MARK: Final = re.compile(r"\[(\d+)\]\s*$")
CARRIED: Final = (
    "told",
    "preset",
    "told_preset",
    "dates",
    "decimals",
    "mode",
    "key",
    "blank",
    "defaults",
    "rates",
    "create_fields",
    "survey",
    "suppress",
    "mail_status",
)


def origin(batch: ImportBatch) -> ImportBatch | None:
    """The import whose error file this is: the mark in its last header names it, the columns are the same."""
    names = batch.findings["columns"]
    found = MARK.search(names[-1]) if batch.findings["header"] else None
    if found is None:
        return None
    before = ImportBatch.objects.filter(
        pk=int(found[1]), kind=batch.kind, state=ImportBatch.State.DONE
    ).first()
    if before is None or [plain(name) for name in before.findings["columns"]] != [
        plain(name) for name in names[:-1]
    ]:
        return None
    return before


def take_over(batch: ImportBatch, before: ImportBatch) -> None:
    """Read the few rows as the whole file was read: its meanings, and the styles its columns decided."""
    reason = batch.findings["columns"][-1]
    studies = [
        {**known, "samples": own["samples"], "values": own["values"]}
        for known, own in zip(before.findings["studies"], batch.findings["studies"], strict=False)
    ]
    batch.findings = {
        **batch.findings,
        "columns": [*before.findings["columns"], reason],
        "studies": [*studies, batch.findings["studies"][-1]],
    }
    carried: dict[str, Any] = {name: before.options[name] for name in CARRIED if before.options.get(name)}
    batch.options = {**batch.options, **carried, "continues": before.pk}
    batch.mapping = dict(before.mapping)


def continuations(batch: ImportBatch) -> list[ImportBatch]:
    """The imports that brought corrected rows of this one."""
    later = ImportBatch.objects.filter(pk__gt=batch.pk, options__continues=batch.pk)
    return list(later.exclude(state=ImportBatch.State.CANCELLED).defer("findings").order_by("pk"))
