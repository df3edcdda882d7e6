"""How a calculation reaches a worker."""

from __future__ import annotations

from django.db import transaction


def send(pk: int) -> None:
    """Hand a run to a worker once this transaction is through; if the queue is down, the sweep will."""
    from segments.tasks import run_scoring  # Loads Celery's part only where something is sent.

    transaction.on_commit(lambda: run_scoring.delay(pk), robust=True)
