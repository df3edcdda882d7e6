"""What became of an import, in the words of the contract."""

from __future__ import annotations

from decimal import Decimal
from pathlib import Path
from typing import Any, Final

from crm.imports import sealing, statuses
from crm.imports.reasons import words
from crm.models import CustomField, ImportBatch, ImportProblem

CENT: Final = Decimal("0.01")
OUTCOMES: Final = ("created", "updated", "unchanged", "skipped", "rejected")
MONEY: Final = ("charged", "charged_known", "refunded", "refunded_known")


def result(batch: ImportBatch) -> dict[str, Any]:
    """The answer of `import_file`."""
    counts = batch.counts
    found: dict[str, Any] = {
        "import_id": batch.pk,
        "preset": batch.options.get("preset"),
        "mapping": batch.mapping,
        "ignored": ignored(batch),
        "unknown_statuses": unknown_statuses(batch),
        "encoding": batch.findings["format"]["encoding"].removesuffix("-sig"),
        "rows": counts.get("rows", 0),
    }
    found |= {name: counts.get(name, 0) for name in OUTCOMES}
    found |= {
        "reasons": counts.get("reasons", {}),
        "customers": counts.get("customers", 0),
        "orders": counts.get("orders", 0),
    }
    found |= {name: str(money(counts, name)) for name in MONEY}
    found |= {
        "cancelled_orders": counts.get("cancelled_orders", 0),
        "continues": batch.options.get("continues"),
        "survey": counts.get("survey"),
        "error_file": counts.get("error_file"),
        "seconds": counts.get("seconds", 0),
    }
    return found


def money(counts: dict[str, Any], name: str) -> Decimal:
    return Decimal(counts.get(name, "0")).quantize(CENT)


def ignored(batch: ImportBatch) -> list[str]:
    """Columns that mean nothing to this import."""
    return [
        column
        for column in batch.findings.get("columns", [])
        if column not in batch.mapping and not _is_reason(batch, column)
    ]


def unknown_statuses(batch: ImportBatch) -> list[str]:
    """The statuses of orders that are not known, so that their rows count as sales."""
    meant = set(batch.mapping.values())
    if batch.kind != "purchases" or "movement" in meant:  # Movements of an account count when settled only.
        return []
    studies = zip(batch.findings.get("columns", []), batch.findings.get("studies", []), strict=True)
    found = [
        study["few"] or study["samples"] for name, study in studies if batch.mapping.get(name) == "status"
    ]
    return statuses.unknown(one for some in found for one in some)


def becoming(batch: ImportBatch) -> list[str]:
    """The columns that are made own fields, with the kind that their values show."""
    studies = dict(zip(batch.findings["columns"], batch.findings["studies"], strict=True))
    found = []
    for column in ignored(batch):
        study = studies[column]
        if study["values"]:
            kind = str(CustomField.Kind(study["kind"]).label)
            if study["kind"] == CustomField.Kind.YES_NO:
                kind += f": {' / '.join(study['few'][::-1])}"
            found.append(f"{column} ({kind})")
    return found


def _is_reason(batch: ImportBatch, column: str) -> bool:
    """The last column of an error file says what was wrong; nobody needs to hear that it is left out."""
    return bool(batch.options.get("continues")) and column == batch.findings["columns"][-1]


def shown(batch: ImportBatch) -> dict[str, Any]:
    """The figures of the result page; money as numbers."""
    counts = batch.counts
    found = {
        name: counts.get(name, 0) for name in ("rows", "customers", "orders", "cancelled_orders", *OUTCOMES)
    }
    found |= {name: money(counts, name) for name in MONEY}
    found["reasons"] = [(code, words(code), n) for code, n in counts.get("reasons", {}).items()]
    found["unknown_statuses"] = unknown_statuses(batch)
    found["has_error_file"] = Path(counts.get("error_file") or "/").is_file()
    return found


def under_way(batch: ImportBatch) -> bool:
    """Will the page look different soon?"""
    states = ImportBatch.State
    return batch.state in {states.QUEUED, states.RUNNING} or (
        batch.state == states.UNDOING and not batch.error
    )


def progress(batch: ImportBatch) -> dict[str, Any]:
    """How far it is: reading is the first half, writing the second."""
    total, counts = batch.total_rows or 1, batch.counts
    read, merged = counts.get("rows", 0), counts.get("merged", 0)
    wanted = 2 * total - counts.get("skipped", 0) - counts.get("rejected", 0)
    percent = min(100, int(100 * (read + merged) / max(1, wanted)))
    return {"total": total, "read": read, "merged": merged, "percent": percent}


def problem(batch: ImportBatch, one: ImportProblem) -> dict[str, Any]:
    """One problem as the page shows it: row, column, what stood there, why."""
    names = batch.findings.get("columns", [])
    place = names.index(one.column) if one.column in names else -1
    cells = [sealing.shown(cell) for cell in one.cells]
    cell = cells[place] if 0 <= place < len(cells) else ""
    return {
        "row": one.row,
        "rejected": one.verdict == ImportProblem.Verdict.REJECTED,
        "column": one.column,
        "cell": cell[:80],
        "reason": words(one.reason),
        "line": " · ".join(cell for cell in cells if cell.strip())[:200],
    }
