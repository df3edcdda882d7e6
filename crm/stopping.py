"""Whether this worker was asked to end: long tasks look here between two steps and leave things tidy.

The flag is memory shared with the pool processes that Celery forks. Supervisors often tell the whole process
group to end; a pool process that died of it would leave a mail in doubt and its worker waiting for it. So
pool processes do not listen: their worker tells them, and the system ends them when it is gone.
"""

from __future__ import annotations

import mmap
import signal
from typing import Any

_worker_ends = mmap.mmap(-1, 1)


def requested() -> bool:
    return _worker_ends[0] != 0


def request(**_kwargs: Any) -> None:
    """Ask all tasks of this worker to end soon; called by Celery's signal in the main process."""
    _worker_ends[0] = 1


def listen_to_worker_only(**_kwargs: Any) -> None:
    """Called by Celery's signal in each pool process; the pool leaves an ignored signal as it is."""
    signal.signal(signal.SIGTERM, signal.SIG_IGN)
