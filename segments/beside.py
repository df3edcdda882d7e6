"""Work beside the main line of a long calculation: a second thread with a connection of its own.

A database works without Python's lock, so a statement over a million rows and the fit of a model each have a
core of the machine. What is done beside may only read what stands committed. Each row that SQLite hands out
gives the lock away: to get it back it must not take the usual five thousandths of a second.
"""

from __future__ import annotations

import contextlib
import sys
from collections.abc import Callable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextvars import copy_context
from functools import cache
from typing import Any

from django.db import connection

from segments.room import roomy

SWITCH_SECONDS = 1e-5  # For how long a thread may keep Python's lock while the other wants it.

type Asked[T] = Callable[[], T]


class Beside:
    """Hands out work; calling what `begin` returned waits for it and gives its result, or raises."""

    def __init__(self, pool: ThreadPoolExecutor | None) -> None:
        self._pool = pool
        self._begun: list[Future[Any]] = []

    def begin[T](self, work: Callable[[], T], *, at_once: bool = True) -> Asked[T]:
        """One after the other, as they came; without a second thread, when the result is asked for."""
        if self._pool is None or not at_once:
            return cache(work)
        future = self._pool.submit(copy_context().run, _with_room, work)
        self._begun.append(future)
        return future.result

    def end(self) -> None:
        """What nobody waits for any more is not begun."""
        for future in self._begun:
            future.cancel()
        if self._pool is not None:
            self._pool.submit(_close).result()


@contextlib.contextmanager
def beside() -> Iterator[Beside]:
    """Inside a transaction there is no second thread: it would not see what stands in that."""
    with contextlib.ExitStack() as stack:
        is_alone = connection.in_atomic_block
        if not is_alone:
            stack.callback(sys.setswitchinterval, sys.getswitchinterval())
            sys.setswitchinterval(SWITCH_SECONDS)
        made = Beside(None if is_alone else stack.enter_context(ThreadPoolExecutor(1, "beside")))
        stack.callback(made.end)
        yield made


def _with_room[T](work: Callable[[], T]) -> T:
    with roomy():
        return work()


def _close() -> None:
    """Of the thread that calls it."""
    connection.close()
