"""What crm announces by signal, told on to other programs."""

from __future__ import annotations

from typing import Any

from crm import webhooks
from crm.models import ImportBatch

FIGURES = ("rows", "created", "updated", "unchanged", "skipped", "rejected")


def import_finished(batch: ImportBatch, **_kwargs: Any) -> None:
    """Single customers and purchases of an import are not told: ask for them when it is finished."""
    counts = {name: batch.counts.get(name, 0) for name in FIGURES}
    webhooks.emit("import.finished", {"import": batch.pk, "kind": batch.kind, **counts})
