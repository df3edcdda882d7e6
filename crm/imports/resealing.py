"""Sealed cells in files of imports, sealed anew with the newest key: rows to correct, which wait on disk.

Each file is replaced whole, so that a rotation may be killed at any moment. A file that was uploaded stays as
it is, because its import goes on where it stopped; such imports are counted.
"""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from django.conf import settings

from crm import encryption
from crm.encryption import WITHIN, Unreadable
from crm.imports import staging
from crm.models import ImportBatch

PART: Final = ".anew"
State = ImportBatch.State


def files() -> Iterator[Path]:
    """The files of rows to correct; what a killed run left half written is cleared away."""
    for half in Path(settings.MEDIA_ROOT, "imports").glob(f"*{PART}"):
        half.unlink(missing_ok=True)
    for listed in ImportBatch.objects.filter(counts__has_key="error_file").values_list("counts", flat=True):
        path = Path(listed["error_file"] or "/")
        if path.is_file():
            yield path


def seal_anew(path: Path) -> int:
    """Put the file with every cell sealed by the newest key in its place; how many lines changed."""
    half, changed = path.with_name(path.name + PART), 0
    with path.open(encoding="utf-8", newline="") as old, half.open("w", encoding="utf-8", newline="") as new:
        half.chmod(0o600)
        for line in old:
            fresh = line
            with contextlib.suppress(Unreadable):
                fresh = encryption.seal_anew(line)
            changed += fresh != line
            new.write(fresh)
        if changed and os.fstat(old.fileno()).st_nlink:  # Else it was deleted or written anew meanwhile.
            half.replace(path)
            return changed
    half.unlink()
    return 0


def judge(path: Path) -> tuple[int, int, int]:
    """How many lines are sealed with the newest key, with one that nobody has, with an old one."""
    current = unreadable = old = 0
    with path.open(encoding="utf-8", newline="") as file:
        for line in file:
            try:
                is_old = encryption.seal_anew(line) != line
            except Unreadable:
                unreadable += 1
            else:
                old += is_old
                current += encryption.prefix() in line and not is_old
    return current, unreadable, old


def waiting() -> int:
    """Imports that are not over, whose uploaded file holds cells sealed with an old key."""
    states = [State.DRAFT, State.QUEUED, State.RUNNING, State.FAILED]
    found = ImportBatch.objects.filter(state__in=states).exclude(path="")
    return sum(_holds_old(staging.source(batch)) for batch in found)


def _holds_old(path: Path) -> bool:
    sign, newest = encryption.SIGN.encode(), encryption.prefix()
    if not path.is_file():
        return False
    with path.open("rb") as file:
        sealed = (one for line in file if sign in line for one in WITHIN.findall(line.decode("latin-1")))
        return any(not one.startswith(newest) for one in sealed)
