"""Programs of ours in processes of their own, on the database of the test that starts them."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

from django.db import connection

ROOT = Path(__file__).resolve().parents[1]


def environment(folder: Path, **more: str) -> dict[str, str]:
    """The same database as this test, and a VAR_DIR of its own."""
    database = connection.settings_dict
    if connection.vendor == "sqlite":
        url = f"sqlite:///{database['NAME']}"
    else:
        place = f"{database['HOST'] or '127.0.0.1'}:{database['PORT'] or 5432}"
        sign_in = f"{database['USER']}:{database['PASSWORD']}".rstrip(":")
        url = f"postgres://{sign_in}@{place}/{database['NAME']}"
    kept = {**os.environ, "DATABASE_URL": url, "VAR_DIR": str(folder), "SECRET_KEY": "for-tests-only"}
    kept["FIELD_KEYS"] = "for-tests-only"
    kept.pop("DJANGO_SETTINGS_MODULE", None)
    return {**kept, "ALLOW_LOCAL_LINKS": "1", "PYTHONPATH": str(ROOT), **more}


def start(*command: str, env: dict[str, str], **options: Any) -> subprocess.Popen[str]:
    return subprocess.Popen([sys.executable, *command], cwd=ROOT, env=env, text=True, **options)


def wait_until(true: Callable[[], bool], seconds: float, what: str) -> None:
    end = time.monotonic() + seconds
    while not true():
        assert time.monotonic() < end, f"not in {seconds} s: {what}"
        time.sleep(0.05)


def alive_in_group(group: int) -> list[int]:
    """Processes of a process group that still run (zombies do not count)."""
    found = []
    for path in Path("/proc").glob("[0-9]*/stat"):
        try:
            after = path.read_text().rpartition(")")[2].split()
        except OSError:
            continue
        if int(after[2]) == group and after[0] != "Z":
            found.append(int(path.parent.name))
    return found
