"""`make bench`: every speed the program promises, measured beside its limit in the same run.

One JSON line per figure. The work happens in a database of its own that is made and dropped here, each stage
in a process of its own, so that peak memory belongs to the stage.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from contextlib import closing
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

ROOT = Path(__file__).resolve().parents[1]
# Stages that share one database, in order. Imports start from an empty one.
HOUSES = (
    ("import_lines",),
    ("import_customers",),
    (
        "synthesis",
        "refresh",
        "incremental",
        "features",
        "cluster",
        "recommend",
        "preview",
        "pages",
        "segment_pages",
        "customer_work",
    ),
    ("send",),
    ("planning",),
    ("proof",),
    ("events",),
    ("hits",),
    ("answers",),
    ("comments",),
    ("builder",),
    ("duplicates",),
    ("value",),
    ("growth",),
)


def main() -> int:
    size = os.environ.get("SIZE", "small")
    if size not in {"small", "large"}:
        print(f"SIZE must be small or large, not {size!r}", file=sys.stderr)
        return 2
    chosen = set(sys.argv[1:])
    failed = 0
    with tempfile.TemporaryDirectory(prefix="closeknit-bench-") as folder:
        for number, stages in enumerate(HOUSES):
            wanted = [one for one in stages if not chosen or one in chosen or one == "synthesis"]
            if wanted and wanted != ["synthesis"]:
                failed += _house(Path(folder, str(number)), wanted, size)
    return 1 if failed else 0


def _house(folder: Path, stages: list[str], size: str) -> int:
    """Run stages one after the other in a fresh database; returns how many failed."""
    folder.mkdir()
    environment = {**os.environ, "VAR_DIR": str(folder), "EMAIL_URL": "", "PYTHONPATH": str(ROOT)}
    url = os.environ.get("DATABASE_URL", "")
    on_postgres = url.startswith("postgres")
    environment["DATABASE_URL"] = _renewed(url) if on_postgres else f"sqlite:///{folder / 'bench.sqlite3'}"
    try:
        subprocess.run(
            [sys.executable, "manage.py", "migrate", "--verbosity", "0"],
            cwd=ROOT,
            env=environment,
            check=True,
        )
        command = [sys.executable, "-m", "bench.stage"]
        runs = [
            subprocess.run([*command, one, size], cwd=ROOT, env=environment, check=False) for one in stages
        ]
    finally:
        if on_postgres:
            _renewed(os.environ["DATABASE_URL"], only_drop=True)
    return sum(run.returncode != 0 for run in runs)


def _renewed(url: str, *, only_drop: bool = False) -> str:
    """Drop and create `<name>_bench` beside the database of `url`; returns its address."""
    import psycopg
    from psycopg import sql

    parts = urlsplit(url)
    name = parts.path.lstrip("/") + "_bench"
    server = urlunsplit(parts._replace(scheme="postgresql", path="/postgres"))
    with closing(psycopg.connect(server, autocommit=True)) as connection:
        connection.execute(sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))
        if not only_drop:
            connection.execute(sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
    return urlunsplit(parts._replace(path=f"/{name}"))


if __name__ == "__main__":
    sys.exit(main())
