"""Provable sending in long form: 20,000 recipients, thirty kills, three workers (one on SQLite)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection

RECIPIENTS, KILLS, CUTS, EMPTIES = 20_000, 30, 5, 10


def figures(size: str) -> Iterator[dict[str, Any]]:
    from tests.proof import enlist, run

    on_postgres = connection.vendor == "postgresql"
    mailing = enlist("bench:proof", RECIPIENTS)
    with tempfile.TemporaryDirectory(prefix="proof-") as folder:
        books = run(
            mailing,
            Path(folder),
            workers=3 if on_postgres else 1,
            kills=KILLS,
            cuts=CUTS if on_postgres else 0,
            empties=EMPTIES,
        )
    wrong = books.compare()
    for one in wrong[:20]:
        print(one)
    said: dict[str, int] = {name: books.counts[name] for name in ("audience", "sent", "failed", "unsure")}
    said |= {"kills": books.kills, "workers": books.workers, "orders_lost": books.lost}
    yield {"name": "proof_wrong", "value": len(wrong), "unit": "messages", "limit": 1, **said}
