"""When the engine runs: one drain for each worker, so that imports and refreshes find a free hand too."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import datetime, timedelta

from django.utils import timezone

from crm import stopping
from crm.housekeeping import register
from crm.outbox import notes, sending

SECONDS = 60.0


def dispatch() -> bool:
    """Send what is due for a while; True when more is waiting and another run should follow at once."""
    if stopping.requested():
        return False
    with only_one() as mine:
        if not mine:
            return False
        sent = sending.drain(SECONDS)
    wanted = sent > 0 and not stopping.requested() and not sending.trouble()
    return wanted and sending.anything_due(timezone.now())


@contextmanager
def only_one() -> Iterator[bool]:
    """Whether this process may drain for its worker. The lock falls by itself when the process is killed."""
    folder = notes.folder()
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / f"worker-{os.getppid()}").open("w") as file:
        try:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError:
            yield False
            return
        yield True


@register
def remove_old_locks(now: datetime) -> None:
    """Files of workers that ended long ago; those of a living worker are touched every few seconds."""
    for path in notes.folder().glob("*-*"):
        if path.stat().st_mtime < (now - timedelta(days=1)).timestamp():
            path.unlink(missing_ok=True)
