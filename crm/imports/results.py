"""What became of an import, in the words of the contract."""

from __future__ import annotations

from decimal import Decimal
from typing import Any, Final

from crm.models import ImportBatch

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
        "survey": counts.get("survey"),
        "error_file": counts.get("error_file"),
        "seconds": counts.get("seconds", 0),
    }
    return found


def money(counts: dict[str, Any], name: str) -> Decimal:
    return Decimal(counts.get(name, "0")).quantize(CENT)


def ignored(batch: ImportBatch) -> list[str]:
    """Columns that mean nothing to this import."""
    return [column for column in batch.findings.get("columns", []) if column not in batch.mapping]
