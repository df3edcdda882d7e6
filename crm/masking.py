"""Personal data that the reader may not see. On for the whole of a request by an analyst.

Whatever shows text that may name or describe a person asks `hide`; rows of customers are masked where they
are loaded. Work that goes on after the view (a streamed file, a task) must apply it again.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar

HIDDEN = "•••"
_active: ContextVar[bool] = ContextVar("masking", default=False)


def active() -> bool:
    return _active.get()


@contextmanager
def applied(on: bool = True) -> Iterator[None]:
    token = _active.set(on)
    try:
        yield
    finally:
        _active.reset(token)


def hide(text: str) -> str:
    """The text, or three dots for who sees masked data."""
    return HIDDEN if text and active() else text
