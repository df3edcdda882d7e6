"""What a rule may give to a customer. Higher apps say what there is; feedback only asks for it.

rewards.register("campaigns", choices=…, give=…)    # In AppConfig.ready() of a higher app.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime

from crm.models import Customer


@dataclass(frozen=True, slots=True)
class Giver:
    """`choices` lists (code, name); `give` hands one over and must bear being called twice with one key."""

    choices: Callable[[], list[tuple[str, str]]]
    give: Callable[[str, Customer, str, datetime], None]


_givers: dict[str, Giver] = {}


def register(name: str, giver: Giver) -> None:
    _givers[name] = giver


def choices() -> list[tuple[str, str]]:
    """(name:code, what people call it) of everything that can be given."""
    return [(f"{name}:{code}", label) for name, one in _givers.items() for code, label in one.choices()]


def give(reward: str, customer: Customer, *, key: str, at: datetime) -> bool:
    """Hand it over; False when the higher app does not have it any more."""
    name, _colon, code = reward.partition(":")
    if name not in _givers or code not in dict(_givers[name].choices()):
        return False
    _givers[name].give(code, customer, key, at)
    return True
