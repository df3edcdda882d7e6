"""Lines that nobody can ever pass: told while somebody builds, never refused.

Only what is certain from the rule itself is said: figures out of their range, and lines of one "all" that
exclude each other. Values that no customer happens to have are asked of the database by `unheard`.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from crm.models import Customer
from segments.rules.compile import to_q
from segments.rules.lines import places
from segments.rules.moment import Moment
from segments.rules.operators import NEGATIVE, Kind
from segments.rules.tree import All, Condition, Did, Node, Not

type Doubt = tuple[str, str]  # The place in the rule, and what is odd about it.

MOST_ASKED = 5
RANGES: dict[str, tuple[int | None, int | None]] = {
    **dict.fromkeys(("orders", "gap_days", "clv", "expected_orders"), (0, None)),
    **dict.fromkeys(("rfm.recency", "rfm.frequency", "rfm.monetary", "csat.last"), (1, 5)),
    "nps.last": (0, 10),
    "alive_chance": (0, 1),
}
WHOLE = frozenset({"orders", "recency_days", "age", "mail.opened_days", "mail.clicked_days"})
SEVERAL = frozenset({"custom_list", "subscription"})  # One customer may have more than one.
OPPOSITE = {">": "<=", ">=": "<", "<": ">=", "<=": ">", "before": ">=", "after": "<="}
COUNTS = frozenset({"times", "distinct"})


@dataclass(frozen=True, slots=True)
class Span:
    """Values from `low` to `high`, both in; None is open. `strict` ends are out."""

    low: Any = None
    high: Any = None
    low_out: bool = False
    high_out: bool = False

    def __and__(self, other: Span) -> Span:
        low, low_out = _tighter(self.low, self.low_out, other.low, other.low_out, larger=True)
        high, high_out = _tighter(self.high, self.high_out, other.high, other.high_out, larger=False)
        return Span(low, high, low_out, high_out)

    @property
    def is_empty(self) -> bool:
        if self.low is None or self.high is None:
            return False
        return bool(self.low > self.high or (self.low == self.high and (self.low_out or self.high_out)))


def doubts(node: Node, moment: Moment) -> list[Doubt]:
    """Every line of a rule that nobody can pass, with the reason."""
    found: list[Doubt] = []
    for place, part in places(node):
        match part:
            case All(children):
                found += _together(place, children, moment)
            case Condition() | Did() if _span(part, moment).is_empty or _is_out_of_range(part, moment):
                found.append((place, _("No customer can ever have this value.")))
    return found


def unheard(node: Node, moment: Moment, counts: dict[str, int]) -> list[Doubt]:
    """Lines that left nobody over and that, asked alone, no customer fits; a few are asked at most."""
    asked = [
        (place, part)
        for place, part in places(node)
        if isinstance(part, Condition | Did) and counts.get(place) == 0
    ][:MOST_ASKED]
    return [
        (place, _("No customer fits this line, whatever the other lines say."))
        for place, part in asked
        if not Customer.objects.filter(to_q(part, moment)).exists()
    ]


def _together(place: str, children: Sequence[Node], moment: Moment) -> Iterator[Doubt]:
    """Lines of one "all" that exclude an earlier one."""
    spans: dict[str, Span] = {}
    texts: dict[str, set[str]] = {}
    seen: list[Node] = []
    for index, child in enumerate(children):
        here = f"{place}.all[{index}]" if place else f"all[{index}]"
        if any(child == Not(other) or other == Not(child) for other in seen):
            yield here, _("This is the opposite of a line above: nobody fits both.")
        elif isinstance(child, Condition | Did | Not) and _excludes(child, spans, texts, moment):
            yield here, _("This and a line above exclude each other: nobody fits both.")
        seen.append(child)


def _excludes(
    child: Condition | Did | Not, spans: dict[str, Span], texts: dict[str, set[str]], moment: Moment
) -> bool:
    """Whether the line leaves nothing of what earlier lines about the same left; remembers it."""
    inner = child.child if isinstance(child, Not) else child
    if not isinstance(inner, Condition | Did):
        return False
    name = _subject(inner)
    turned = isinstance(child, Not)
    if isinstance(inner, Condition) and inner.field.kind in {Kind.TEXT, Kind.CHOICE, Kind.YES_NO}:
        return not turned and _other_text(inner, name, texts)
    span = _opposite(inner, moment) if turned else _span(inner, moment)
    if turned and name not in spans and not (isinstance(inner, Did) and inner.measure in COUNTS):
        return False  # Who has no value fits a "not".
    if span == Span():
        return False
    before = spans.get(name, Span())
    both = before & span
    if both.is_empty and not (before.is_empty or span.is_empty):
        return True
    spans[name] = both
    return False


def _other_text(inner: Condition, name: str, texts: dict[str, set[str]]) -> bool:
    if inner.op not in {"is", "in"} or inner.field.how in SEVERAL:
        return False
    values = inner.value if isinstance(inner.value, tuple) else (inner.value,)
    wanted = {str(one).lower() for one in values}
    left = texts.get(name, wanted) & wanted
    if not left:
        return True
    texts[name] = left
    return False


def _subject(node: Condition | Did) -> str:
    """What a line is about: two lines with the same subject speak of the same figure."""
    if isinstance(node, Condition):
        return node.field.name
    of = node.of.name if node.of else ""
    return repr((node.event.name, node.where, node.measure, of, node.within_days, node.start, node.end))


def _opposite(node: Condition | Did, moment: Moment) -> Span:
    if node.op not in OPPOSITE or isinstance(node.value, tuple):
        return Span()
    return _of(OPPOSITE[node.op], node.value, moment, whole=_is_whole(node))


def _span(node: Condition | Did, moment: Moment) -> Span:
    """The values that fit, where they are one span."""
    if isinstance(node, Condition):
        several = node.field.how in SEVERAL
        if several or node.op in NEGATIVE or node.field.kind not in {Kind.NUMBER, Kind.DATE}:
            return Span()
    return _of(node.op, node.value, moment, whole=_is_whole(node))


def _of(op: str, value: Any, moment: Moment, *, whole: bool) -> Span:
    match op:
        case "between":
            return Span(value[0], value[1])
        case "in":
            return Span(min(value), max(value))
        case "is":
            return Span(value, value)
        case "in_last_days":
            return Span(_back(moment.today, int(value) - 1), moment.today)
        case ">=":
            return Span(low=value)
        case "<=":
            return Span(high=value)
        case ">" | "after":
            return Span(low=value + 1) if whole and value == int(value) else Span(low=value, low_out=True)
        case "<" | "before":
            return Span(high=value - 1) if whole and value == int(value) else Span(high=value, high_out=True)
    return Span()


def _is_whole(node: Condition | Did) -> bool:
    return node.measure in COUNTS if isinstance(node, Did) else node.field.name in WHOLE


def _is_out_of_range(node: Condition | Did, moment: Moment) -> bool:
    low: int | None
    high: int | None
    if isinstance(node, Did):
        low, high = (0, None) if node.measure in COUNTS else (None, None)
    else:
        low, high = RANGES.get(node.field.name, (None, None))
    least = None if low is None else Decimal(low)
    most = None if high is None else Decimal(high)
    span = _span(node, moment)
    return span != Span() and (span & Span(least, most)).is_empty


def _back(today: date, days: int) -> date:
    try:
        return today - timedelta(days=days)
    except OverflowError:
        return date.min


def _tighter(one: Any, one_out: bool, other: Any, other_out: bool, *, larger: bool) -> tuple[Any, bool]:
    if one is None or other is None:
        return (other, other_out) if one is None else (one, one_out)
    if one == other:
        return one, one_out or other_out
    first = (one > other) == larger
    return (one, one_out) if first else (other, other_out)


__all__ = ["doubts", "unheard"]
