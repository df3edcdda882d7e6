"""Which questions somebody is asked, by what was said before: pure, without a database.

A condition is {} (always), {"of": KEY, "op": OP, "value": V}, {"all": [condition, …]} or {"any": […]}. KEY is
"score", the key of an earlier question, or "customer.<field>". What was not answered matches only
"not_answered" and "is_not". A question is asked when its `show_if` holds; a section that is not shown takes
its questions along. Jumps are looked at once their question was asked; the first that holds leads on to its
target, "end" to the end.

Everything is decided from the front to the back, from answers to questions that are asked themselves: so an
answer to something that is not asked any more decides nothing, and is not kept.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

END = "end"
SECTION, HIDDEN = "section", "hidden"
OPS = ("is", "is_not", "includes", "at_least", "at_most", "answered", "not_answered")
GIVEN = ("score",)  # Asked before all others.
PERSON = "customer."


# An item has `key`, `kind`, `is_required`, `show_if` and `jumps`; a Question does.
type Item = Any


@dataclass(frozen=True, slots=True)
class Page[T: Any]:
    """What stands together on the screen; `section` begins it, the first page mostly has none."""

    section: T | None
    items: Sequence[T]

    @property
    def key(self) -> str:
        return self.section.key if self.section else ""


@dataclass(frozen=True, slots=True)
class Fault:
    """A rule that cannot work: `key` has it, `about` is what it names."""

    key: str
    about: str
    why: str  # "unknown", "later" or "backwards".


def holds(condition: Any, said: Mapping[str, Any]) -> bool:
    """Whether a condition is met by what was said."""
    if not condition:
        return True
    if "all" in condition:
        return all(holds(one, said) for one in condition["all"])
    if "any" in condition:
        return any(holds(one, said) for one in condition["any"]) or not condition["any"]
    return _compare(condition.get("op"), said.get(condition.get("of")), condition.get("value"))


def asked[T: Any](items: Sequence[T], said: Mapping[str, Any]) -> list[T]:
    """The items that somebody who said this is asked, sections included, in their order."""
    seen = {key: value for key, value in said.items() if key in GIVEN or key.startswith(PERSON)}
    places = {item.key: at for at, item in enumerate(items)}
    found: list[T] = []
    until, in_hidden = 0, False
    for at, item in enumerate(items):
        if item.kind == SECTION:
            in_hidden = not holds(item.show_if, seen)
        if at < until or in_hidden or not holds(item.show_if, seen):
            continue
        found.append(item)
        if item.key in said:
            seen[item.key] = said[item.key]
        for jump in item.jumps or ():
            if holds(jump.get("when"), seen):
                target = _target(jump.get("to"), places, at, len(items))
                until = max(until, target)
                break
    return found


def kept[T: Any](items: Sequence[T], said: Mapping[str, Any]) -> dict[str, Any]:
    """What is left of the answers: those to questions that are asked."""
    keys = [item.key for item in asked(items, said) if item.kind != SECTION]
    return {key: said[key] for key in keys if key in said}


def missing[T: Any](items: Sequence[T], said: Mapping[str, Any]) -> list[T]:
    """Questions that are asked, must be answered and are not."""
    return [
        item
        for item in asked(items, said)
        if item.is_required and item.kind not in (SECTION, HIDDEN) and item.key not in said
    ]


def pages[T: Any](items: Sequence[T], said: Mapping[str, Any]) -> list[Page[T]]:
    """The items that are asked, cut at their sections; pages of which nothing is asked are left out.

    The first page is always there: it has the score.
    """
    shown = {item.key for item in asked(items, said)}
    found = [Page[T](None, [item for item in _until_section(items, 0) if item.key in shown])]
    for at, item in enumerate(items):
        if item.kind != SECTION:
            continue
        under = list(_until_section(items, at + 1))
        here = [one for one in under if one.key in shown]
        # Who jumps into the middle of a page sees its heading too; a heading alone only where written so.
        if here or (not under and item.key in shown):
            found.append(Page(item, here))
    return found


def faults(items: Sequence[Item]) -> list[Fault]:
    """Rules that name something unknown or later, and jumps that do not lead forward."""
    places = {item.key: at for at, item in enumerate(items)}
    found = []
    for at, item in enumerate(items):
        for jump in item.jumps or ():
            to = jump.get("to")
            if to != END and places.get(to, -1) <= at:
                found.append(Fault(item.key, str(to), "backwards" if to in places else "unknown"))
        when = [(item.show_if, at - 1), *((jump.get("when"), at) for jump in item.jumps or ())]
        for condition, latest in when:
            found += [
                Fault(item.key, key, "later" if key in places else "unknown")
                for key in named(condition)
                if key not in GIVEN and not key.startswith(PERSON) and places.get(key, len(items)) > latest
            ]
    return found


def named(condition: Any) -> Iterator[str]:
    """The keys that a condition looks at."""
    if not condition:
        return
    for group in ("all", "any"):
        for one in condition.get(group, ()):
            yield from named(one)
    if "of" in condition:
        yield condition["of"]


def _target(to: Any, places: Mapping[str, int], at: int, end: int) -> int:
    if to == END:
        return end
    place = places.get(to, -1)
    return place if place > at else 0  # One that leads back would never end: it is as if it were not there.


def _until_section[T: Any](items: Sequence[T], start: int) -> Iterator[T]:
    for item in items[start:]:
        if item.kind == SECTION:
            return
        yield item


def _compare(op: Any, value: Any, wanted: Any) -> bool:
    known = value not in (None, "", [], {})
    match op:
        case "answered":
            return known
        case "not_answered":
            return not known
        case "is_not":
            return not known or not _same(value, wanted)
        case "is":
            return known and _same(value, wanted)
        case "includes":
            return known and _includes(value, wanted)
        case "at_least" | "at_most":
            return known and _ordered(op, value, wanted)
    return False


def _same(value: Any, wanted: Any) -> bool:
    if isinstance(value, list):
        return any(_same(one, wanted) for one in value) if len(value) == 1 else False
    return str(value).strip().casefold() == str(wanted).strip().casefold()


def _includes(value: Any, wanted: Any) -> bool:
    if isinstance(value, list):
        return any(_same(one, wanted) for one in value)
    return str(wanted).strip().casefold() in str(value).casefold()


def _ordered(op: str, value: Any, wanted: Any) -> bool:
    """Numbers as numbers; days ("2026-03-01") as text, which has the same order."""
    try:
        left, right = float(value), float(wanted)
    except (TypeError, ValueError):
        if not isinstance(value, str) or not isinstance(wanted, str):
            return False
        return value >= wanted if op == "at_least" else value <= wanted
    return left >= right if op == "at_least" else left <= right
