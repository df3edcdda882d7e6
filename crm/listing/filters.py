"""The filters of a list: each reads its part of the address, says it in words and makes a condition."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from enum import StrEnum

from django.db.models import OuterRef, Q
from django.db.models.expressions import BaseExpression
from django.utils.functional import Promise
from django.utils.translation import gettext as _

from crm.listing.values import ANY, NONE, day_span, number_span, say_days, say_numbers

type Text = str | Promise
type Choices = Callable[[], list[tuple[str, str]]]
type Meaning = Q | BaseExpression | None  # A condition; None for a value that means nothing.
type Reading = Callable[[str, date], Meaning]
type Condition = Callable[[str], Meaning]


class Kind(StrEnum):
    """How a filter is asked for in the browser."""

    TEXT = "text"
    CHOICE = "choice"
    NUMBER = "number"
    DAY = "day"


@dataclass(frozen=True, slots=True)
class Filter:
    """One thing to narrow by. `condition` gives None for a value that means nothing."""

    key: str
    label: Text
    kind: Kind
    condition: Reading
    choices: Choices | None = None
    group: Text = ""
    may_miss: bool = True  # Whether “none” and “any” make sense.
    personal: bool = False  # Its value may name a person.
    word: Callable[[str], str] | None = None  # A choice in words, where the choices themselves are dear.

    def say(self, value: str, today: date) -> str:
        """The filter with its value in words; only for values that mean something."""
        label = str(self.label)
        if self.may_miss and value in (NONE, ANY):
            words = _("%(what)s: none") if value == NONE else _("%(what)s: any")
            return words % {"what": label}
        if self.kind == Kind.NUMBER:
            return say_numbers(label, value)
        if self.kind == Kind.DAY:
            return say_days(label, value, today)
        return _("%(what)s: %(value)s") % {"what": label, "value": self._worded(value)}

    def _worded(self, value: str) -> str:
        if self.word:
            return self.word(value)
        return dict(self.choices()).get(value, value) if self.choices else f"“{value}”"


_registered: dict[str, Filter] = {}


def register(one: Filter) -> Filter:
    """Let lists be narrowed by `one`; called when an app is ready."""
    _registered[one.key] = one
    return one


def registered() -> dict[str, Filter]:
    return dict(_registered)


def text(key: str, label: Text, path: str, *, group: Text = "", personal: bool = False) -> Filter:
    """Contains the words, whatever their case."""

    def condition(value: str, _today: date) -> Q | None:
        return _missing(value, Q(**{path: ""})) or Q(**{f"{path}__icontains": value})

    return Filter(key, label, Kind.TEXT, condition, group=group, personal=personal)


def choice(
    key: str, label: Text, path: str, choices: Choices, *, group: Text = "", empty: Q | None = None
) -> Filter:
    """Is exactly one of the choices; `empty` is how the column says nothing."""

    def condition(value: str, _today: date) -> Q | None:
        return (_missing(value, empty) if empty is not None else None) or Q(**{path: value})

    return Filter(key, label, Kind.CHOICE, condition, choices, group, may_miss=empty is not None)


def number(key: str, label: Text, path: str, *, group: Text = "", may_miss: bool = False) -> Filter:
    def condition(value: str, _today: date) -> Q | None:
        if may_miss and (missing := _missing(value, Q(**{f"{path}__isnull": True}))):
            return missing
        span = number_span(value)
        return between(path, span.least, span.greatest) if span else None

    return Filter(key, label, Kind.NUMBER, condition, group=group, may_miss=may_miss)


def day(
    key: str, label: Text, path: str, *, group: Text = "", may_miss: bool = True, personal: bool = False
) -> Filter:
    def condition(value: str, today: date) -> Q | None:
        if may_miss and (missing := _missing(value, Q(**{f"{path}__isnull": True}))):
            return missing
        span = day_span(value, today)
        return between(path, span.least, span.greatest) if span else None

    return Filter(key, label, Kind.DAY, condition, group=group, may_miss=may_miss, personal=personal)


def only(key: str, label: Text, choices: Choices, condition: Condition, *, group: Text = "") -> Filter:
    """A closed list of choices, each with a condition of its own."""
    return Filter(
        key,
        label,
        Kind.CHOICE,
        lambda value, _today: condition(value),
        choices,
        group,
        may_miss=False,
    )


def outer() -> OuterRef:
    """The customer of the list, inside a subquery."""
    return OuterRef("pk")


def _missing(value: str, empty: Q | None) -> Q | None:
    if empty is None or value not in (NONE, ANY):
        return None
    return empty if value == NONE else ~empty


def between(path: str, least: object, greatest: object) -> Q:
    condition = Q()
    if least is not None:
        condition &= Q(**{f"{path}__gte": least})
    if greatest is not None:
        condition &= Q(**{f"{path}__lte": greatest})
    return condition
