"""Mails that a rule for answers may send. Who writes them tells so here, and fetches who is to get one.

thanking.offered_by(choices)   # At start-up: a function that gives (short name, name) of each mail.
"""

from __future__ import annotations

from collections.abc import Callable

type Choices = Callable[[], list[tuple[str, str]]]

_offered: list[Choices] = []


def offered_by(choices: Choices) -> None:
    _offered.append(choices)


def choices() -> list[tuple[str, str]]:
    """All mails that a rule may name."""
    return [pair for offered in _offered for pair in offered()]
