"""Personal data that the reader may not see. On for the whole of a request by an analyst.

Rows of models that name their telling fields (`crm.models.personal`) are masked where they are loaded;
whatever reads such columns otherwise asks `hide`, `hidden` or `row`. Work that goes on after the view
(a streamed file, a task) asks `active` before it begins.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from typing import Any

HIDDEN = "•••"
_active: ContextVar[bool] = ContextVar("masking", default=False)


class Hidden(RuntimeError):
    """Code tried to read or write personal data past the masking; a mistake of the program."""


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


def hidden(value: Any) -> Any:
    """What stands in the place of a personal value: dots for text, nothing for a date; numbers stay."""
    match value:
        case str():
            return HIDDEN if value else value
        case bool() | int() | float():
            return value
        case dict():
            return {key: hidden(inner) for key, inner in value.items()}
        case list() | tuple():
            return [hidden(inner) for inner in value]
        case bytes() | memoryview():
            return b""
    return None


def row(names: Sequence[str], values: Sequence[Any], personal: Collection[str]) -> list[Any]:
    """The values of one row with the personal ones hidden."""
    return [hidden(value) if name in personal else value for name, value in zip(names, values, strict=True)]
