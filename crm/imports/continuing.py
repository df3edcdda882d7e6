"""A file of corrected rows coming back: it goes on where its import left them aside."""

from __future__ import annotations

import re
from typing import Any, Final

from django.conf import settings
from django.db.models import Case, When
from django.utils import translation
from django.utils.translation import gettext as _

from crm.imports.headers import plain
from crm.models import ImportBatch

MARK: Final = re.compile(r"-(\d{1,9})\.[a-z.]+$", re.IGNORECASE)
MOST: Final = 50  # Imports that are looked at.
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
    """The import whose error file this is: its columns, and a last one that says what was wrong.

    Of several such imports it is the one that the file's name tells, else the last.
    """
    names = batch.findings["columns"]
    if not batch.findings["header"] or plain(names[-1]) not in _reasons():
        return None
    headers = [plain(name) for name in names[:-1]]
    before = ImportBatch.objects.filter(kind=batch.kind, state=ImportBatch.State.DONE, pk__lt=batch.pk)
    if told := MARK.search(batch.file_name):
        before = before.order_by(Case(When(pk=int(told[1]), then=0), default=1), "-pk")
    for one in before[:MOST]:
        if one.counts.get("error_file") and [plain(name) for name in one.findings["columns"]] == headers:
            return one
    return None


def _reasons() -> set[str]:
    """The header of the last column, in each language in which it may have been written."""
    found = set()
    for language, _name in settings.LANGUAGES:
        with translation.override(language):
            found.add(plain(_("Reason")))
    return found


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
