"""The rows that were not understood, as a file to correct and bring again."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from pathlib import Path

from django.conf import settings
from django.utils.translation import gettext as _

from crm.imports import encodings, sealing, staging
from crm.imports.reasons import words
from crm.models import ImportBatch, ImportProblem
from crm.spreadsheets import safe


def write(batch: ImportBatch) -> str | None:
    """Write the file beside the uploaded one; its path, or None when every row was understood.

    Orders are reconciled as a whole, so the other rows of an order come along, without a reason.
    """
    rejected = ImportProblem.objects.filter(batch=batch, verdict=ImportProblem.Verdict.REJECTED)
    if not rejected.exists():
        return None
    path = Path(settings.MEDIA_ROOT, "imports", f"{batch.pk}-errors.csv")
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("w", encoding="utf-8-sig", newline="") as file:
        path.chmod(0o600)
        writer = csv.writer(file)
        if batch.findings["header"]:
            writer.writerow([*map(safe, batch.findings["columns"]), _("Reason")])
        for cells, reason in _rows(batch):
            writer.writerow([*(safe(encodings.readable(cell)) for cell in cells), safe(reason)])
    return str(path)


def _rows(batch: ImportBatch) -> Iterator[tuple[list[str], str]]:
    rejected = ImportProblem.objects.filter(batch=batch, verdict=ImportProblem.Verdict.REJECTED)
    problems = rejected.order_by("row").values_list("row", "column", "reason").iterator(chunk_size=2000)
    place, secret = _order_place(batch), sealing.places(batch)
    orders = _orders(batch, place)
    problem = next(problems, None)
    for number, cells in staging.data_rows(batch):
        if problem and problem[0] == number:
            _row, column, code = problem
            yield sealing.cells(cells, secret), f"{column}: {words(code)}" if column else words(code)
            problem = next(problems, None)
        elif place is not None and len(cells) > place and cells[place].strip() in orders:
            yield sealing.cells(cells, secret), ""


def _order_place(batch: ImportBatch) -> int | None:
    column = next((name for name, field in batch.mapping.items() if field == "order"), None)
    return batch.findings["columns"].index(column) if column else None


def _orders(batch: ImportBatch, place: int | None) -> set[str]:
    """The order cells of rejected rows."""
    if place is None:
        return set()
    rejected = ImportProblem.objects.filter(batch=batch, verdict=ImportProblem.Verdict.REJECTED)
    cells = rejected.values_list("cells", flat=True).iterator(chunk_size=2000)
    return {row[place].strip() for row in cells if len(row) > place} - {""}
