"""Provable sending in long form: 20,000 recipients, thirty kills, three workers (one on SQLite)."""

from __future__ import annotations

import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from django.db import connection

RECIPIENTS, KILLS, CUTS = 20_000, 30, 5


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
        )
    wrong = books.compare()
    for one in wrong[:20]:
        print(one)
    said = {name: books.counts[name] for name in ("sent", "failed", "unsure")}
    yield {"name": "proof_wrong", "value": len(wrong), "unit": "messages", "limit": 1, **said}
