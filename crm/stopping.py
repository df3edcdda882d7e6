"""Whether this worker was asked to end: long tasks look here between two steps and leave things tidy.

The flag is memory shared with the pool processes that Celery forks. A pool process that is told to end
directly (the whole process group gets the signal) notes it in the same way while `politely` is in force.
"""

from __future__ import annotations

import mmap
import os
import signal
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from types import FrameType
from typing import Any

_worker_ends = mmap.mmap(-1, 1)
_process_ends = False


def requested() -> bool:
    return _process_ends or _worker_ends[0] != 0


def request(**_kwargs: Any) -> None:
    """Ask all tasks of this worker to end soon; called by Celery's signal in the main process."""
    _worker_ends[0] = 1


@contextmanager
def politely() -> Iterator[None]:
    """Finish the current step before the process ends by SIGTERM."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return

    def note(_number: int, _frame: FrameType | None) -> None:
        global _process_ends
        _process_ends = True

    before = signal.signal(signal.SIGTERM, note)
    try:
        yield
    finally:
        signal.signal(signal.SIGTERM, before)
        if _process_ends:
            os.kill(os.getpid(), signal.SIGTERM)
