"""A rule as frozen values; `parsing` reads it from JSON, `compile` and `describe` use it."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from segments.rules.events import Event
from segments.rules.fields import Field

type One = str | Decimal | date | bool
type Value = One | tuple[One, ...] | None


@dataclass(frozen=True, slots=True)
class Condition:
    """One comparison: of a customer's field, or of a line or entry of an event."""

    field: Field
    op: str
    value: Value = None


@dataclass(frozen=True, slots=True)
class Did:
    """How much of an event there was. `where` holds of one line all at once."""

    event: Event
    where: tuple[Condition, ...] = ()
    measure: str = "times"
    of: Field | None = None
    op: str = ">="
    value: Decimal | tuple[Decimal, ...] = Decimal(1)
    within_days: int | None = None
    start: date | None = None
    end: date | None = None


@dataclass(frozen=True, slots=True)
class InSegment:
    """Member of another segment: `rule` is the other's with its choices by hand, or None for a list."""

    slug: str
    pk: int
    name: str
    rule: Node | None


@dataclass(frozen=True, slots=True)
class Picked:
    """Chosen by hand for a rule segment: put in, or (not `included`) kept out."""

    segment: int
    included: bool


@dataclass(frozen=True, slots=True)
class All:
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class AnyOf:
    children: tuple[Node, ...]


@dataclass(frozen=True, slots=True)
class Not:
    child: Node


type Leaf = Condition | Did | InSegment | Picked
type Node = Leaf | All | AnyOf | Not


def to_json(node: Node) -> dict[str, Any]:
    """The rule as CONTRACT writes it."""
    match node:
        case All(children):
            return {"all": [to_json(child) for child in children]}
        case AnyOf(children):
            return {"any": [to_json(child) for child in children]}
        case Not(child):
            return {"not": to_json(child)}
        case InSegment():
            return {"in_segment": node.slug}
        case Did():
            return _did(node)
        case Picked():
            raise AssertionError("choices by hand are no part of a rule")
    return _condition(node)


def _condition(node: Condition) -> dict[str, Any]:
    found: dict[str, Any] = {"field": node.field.name, "op": node.op}
    if node.value is not None:
        found["value"] = _plain(node.value)
    return found


def _did(node: Did) -> dict[str, Any]:
    found: dict[str, Any] = {"did": node.event.name}
    if node.where:
        found["where"] = [_condition(one) for one in node.where]
    if node.measure != "times":
        found["measure"] = node.measure
    if node.of:
        found["of"] = node.of.name
    if (node.measure, node.op, node.value) != ("times", ">=", Decimal(1)):
        found |= {"op": node.op, "value": _plain(node.value)}
    period = {"within_days": node.within_days, "from": _plain(node.start), "to": _plain(node.end)}
    return found | {name: value for name, value in period.items() if value is not None}


def _plain(value: Value | int) -> Any:
    match value:
        case tuple():
            return [_plain(one) for one in value]
        case Decimal():
            return int(value) if value == int(value) else float(value)
        case date():
            return value.isoformat()
    return value
