"""Libraries that take seconds to load, loaded when they are first used: most programs never calculate.

stats = late("scipy.stats")     # stats.norm works as after an import.
"""

from __future__ import annotations

from importlib import import_module
from typing import Any


class _Late:
    """Stands for a module until something of it is asked for."""

    def __init__(self, name: str) -> None:
        self._name = name

    def __getattr__(self, name: str) -> Any:
        found = getattr(import_module(self._name), name)
        setattr(self, name, found)
        return found


def late(name: str) -> Any:
    """The module of this name, imported at its first use."""
    return _Late(name)
