"""Service levels: which promise a customer has, by a group that a program above us knows.

levels.register(levels.Groups(choices=…, having=…))    # At start-up, once: segments do it.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass

from crm.models import Customer, ServiceLevel


@dataclass(frozen=True, slots=True)
class Groups:
    """`choices()` is (name, label) of all groups; `having(customer number, names)` those that hold them."""

    choices: Callable[[], list[tuple[str, str]]]
    having: Callable[[int, Collection[str]], Collection[str]]


_groups: list[Groups] = []


def register(groups: Groups) -> None:
    _groups[:] = [groups]


def choices() -> list[tuple[str, str]]:
    """The groups that a level can be for."""
    return [pair for groups in _groups for pair in groups.choices()]


def level_of(customer: Customer | None) -> ServiceLevel | None:
    """The first level that holds this customer."""
    if customer is None:
        return None
    found = list(ServiceLevel.objects.all())
    if not found:
        return None
    names = [one.group for one in found]
    mine = {name for groups in _groups for name in groups.having(customer.pk, names)}
    return next((one for one in found if one.group in mine), None)
