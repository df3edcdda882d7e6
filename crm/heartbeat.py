"""The sign of life of a worker: a thread of its main process touches one row that pages look at."""

from __future__ import annotations

import logging
import os
import socket
import threading
from datetime import datetime, timedelta
from typing import Any

from django.db import DatabaseError, connection
from django.utils import timezone

from crm.models import WorkerHeartbeat

log = logging.getLogger(__name__)
EVERY = 10.0  # Seconds; crm.models.worker.ALIVE is four of them.
FORGOTTEN = timedelta(days=1)
_stop = threading.Event()
_thread: threading.Thread | None = None


def name() -> str:
    return f"{socket.gethostname()[:80]}:{os.getpid()}"


def beat(now: datetime) -> None:
    """Note that this worker lives."""
    WorkerHeartbeat.objects.update_or_create(
        name=name(), defaults={"seen_at": now}, create_defaults={"seen_at": now, "started_at": now}
    )


def start(**_kwargs: Any) -> None:
    """Begin to beat; called when a worker is ready."""
    global _thread
    _stop.clear()
    _thread = threading.Thread(target=_run, name="heartbeat", daemon=True)
    _thread.start()


def stop(**_kwargs: Any) -> None:
    """Say goodbye: a worker that ended cleanly is not shown as alive for another minute."""
    _stop.set()
    if _thread is not None:
        _thread.join(5)
    _safely(lambda: WorkerHeartbeat.objects.filter(name=name()).delete())


def _run() -> None:
    _safely(lambda: WorkerHeartbeat.objects.filter(seen_at__lt=timezone.now() - FORGOTTEN).delete())
    while True:
        _safely(lambda: beat(timezone.now()))
        if _stop.wait(EVERY):
            return


def _safely(act: Any) -> None:
    """A database that is away for a while must not end the beating."""
    try:
        act()
    except DatabaseError as error:
        log.warning("the sign of life could not be stored: %s", type(error).__name__)
    finally:
        connection.close()
