"""Folders below the one root that the operator chose, and the files there that nobody writes to any more."""

from __future__ import annotations

import shutil
from datetime import datetime
from pathlib import Path
from typing import Final

from django.conf import settings
from django.utils.translation import gettext as _

from crm.errors import Refusal

QUIET: Final = 10.0  # Seconds without a change until a file is taken.
AT_ONCE: Final = 20
DONE, ERROR = "done", "error"


def root() -> Path:
    return Path(settings.FEEDS_ROOT)


def folder(name: str) -> Path:
    """The folder of that name below the root; refuses every way out of it."""
    base = root()
    base.mkdir(parents=True, exist_ok=True)
    if "\0" in name:
        raise Refusal(_("This is not a name of a folder."))
    found = (base / name.strip().strip("/")).resolve()
    if not found.is_relative_to(base.resolve()):
        raise Refusal(_("The folder must lie below %(root)s.") % {"root": base})
    return found


def waiting(place: Path, *, now: datetime) -> list[Path]:
    """The files that lie there and are complete, the oldest first."""
    if not place.is_dir():
        raise Refusal(_("There is no folder %(folder)s.") % {"folder": place})
    found = []
    for one in place.iterdir():
        if one.name.startswith((".", "~")) or one.is_symlink() or not one.is_file():
            continue
        changed = one.stat().st_mtime
        if now.timestamp() - changed >= QUIET:
            found.append((changed, one.name, one))
    return [one for _changed, _name, one in sorted(found)[:AT_ONCE]]


def put_away(file: Path, where: str, *, now: datetime) -> Path:
    """Move a file to done/ or error/ beside it; a name that is taken gets the moment in front."""
    place = file.parent / where
    place.mkdir(exist_ok=True)
    target = place / file.name
    if target.exists():
        target = place / f"{now:%Y%m%d-%H%M%S-%f} {file.name}"
    shutil.move(file, target)
    return target
