"""What a process noted while it handed mails over, in a file that outlives it when it is killed.

A worker claims a few messages at a time, and stores their results together. Its notes say which of them it
began to hand over and which the server took: of what a killed worker had in hand, only the one whose answer
was lost stays in doubt. A worker that lives holds a lock on its notes. A machine that went down may have lost
the last lines: notes of before its start are not believed.
"""

from __future__ import annotations

import fcntl
import os
from collections.abc import Collection
from dataclasses import dataclass
from hashlib import sha256
from pathlib import Path

from django.conf import settings

TAKEN = b"+"


def folder() -> Path:
    return Path(settings.VAR, "drains")


def _path(owner: str) -> Path:
    return folder() / f"notes-{sha256(owner.encode()).hexdigest()[:32]}"


def _start_of_machine() -> bytes:
    """A name of this run of the machine; "" where the system does not say it: then no notes are believed."""
    try:
        return Path("/proc/sys/kernel/random/boot_id").read_bytes().strip()
    except OSError:
        return b""


class Notes:
    """Of one living process, the owner of claims; written without a buffer."""

    def __init__(self, owner: str) -> None:
        self.path = _path(owner)
        self.path.parent.mkdir(parents=True, exist_ok=True)
        self.file = os.open(self.path, os.O_CREAT | os.O_RDWR | os.O_APPEND | os.O_TRUNC, 0o600)
        fcntl.flock(self.file, fcntl.LOCK_EX)
        self.start = os.write(self.file, _start_of_machine() + b"\n")

    def begun(self, pk: int) -> None:
        os.write(self.file, b"%d\n" % pk)

    def taken(self, pk: int) -> None:
        os.write(self.file, b"%d%s\n" % (pk, TAKEN))

    def clear(self) -> None:
        """All that was noted is in the database now."""
        os.ftruncate(self.file, self.start)

    def close(self, *, keep: bool = False) -> None:
        """`keep` them for the sweep, where the database could not be told."""
        if not keep:
            self.path.unlink(missing_ok=True)
        os.close(self.file)


@dataclass(frozen=True, slots=True)
class Left:
    """What a process noted: what it began, and what of it the server took."""

    is_alive: bool
    begun: Collection[int] = ()
    taken: Collection[int] = ()


def left_by(owner: str) -> Left | None:
    """The notes of a process, alive or surely dead; None when there are none that can be believed."""
    is_alive = False
    try:
        with _path(owner).open("rb") as file:
            try:
                fcntl.flock(file, fcntl.LOCK_SH | fcntl.LOCK_NB)
            except BlockingIOError:
                is_alive = True
            text = file.read()
    except OSError:
        return None
    start, *lines = text.split(b"\n")
    if not start or start != _start_of_machine():
        return None
    if is_alive:
        return Left(is_alive)
    if not text.endswith(b"\n"):
        return None
    taken = {int(line.removesuffix(TAKEN)) for line in lines if line.endswith(TAKEN)}
    return Left(is_alive, {int(line) for line in lines if line and not line.endswith(TAKEN)}, taken)
