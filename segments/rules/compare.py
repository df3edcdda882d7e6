"""One comparison as a condition of the database that is always true or false, never unknown."""

from __future__ import annotations

from calendar import isleap
from collections.abc import Sequence
from datetime import date, timedelta
from decimal import Decimal
from math import ceil, floor
from typing import Any

from django.db.models import BooleanField, CharField, DateField, DecimalField, FloatField, Func, Q, Value
from django.db.models.functions import Cast, Coalesce, StrIndex, Substr
from django.db.models.lookups import Exact, GreaterThan, GreaterThanOrEqual, In, LessThan, LessThanOrEqual

from segments.rules.text import folded
from segments.rules.tree import Value as RuleValue

EVERYBODY, NOBODY = ~Q(pk__in=[]), Q(pk__in=[])
ORDER: dict[str, Any] = {
    "is": Exact,
    ">": GreaterThan,
    ">=": GreaterThanOrEqual,
    "<": LessThan,
    "<=": LessThanOrEqual,
    "before": LessThan,
    "after": GreaterThan,
}
MONEY = DecimalField(max_digits=24, decimal_places=6)


def sure(lookup: Any) -> Q:
    """Unknown is false, so that "not" means everyone else."""
    return Q(Coalesce(lookup, Value(False), output_field=BooleanField()))


def decimal(value: Any) -> Value:
    return Value(value, output_field=MONEY)


def floating(value: Any) -> Value:
    return Value(float(value), output_field=FloatField())


def text(expression: Any, op: str, value: RuleValue) -> Q:
    """`expression` is never NULL; blank is unknown."""
    if op == "known":
        return ~Q(Exact(expression, Value("")))
    raw = [str(one) for one in (value if isinstance(value, tuple) else (value,))]
    low, values = folded(expression, raw)
    match op:
        case "is":
            return Q(Exact(low, values[0]))
        case "in":
            return Q(In(low, values))
        case "contains":
            return Q(GreaterThan(StrIndex(low, values[0]), 0))
        case "starts_with":
            return Q(Exact(StrIndex(low, values[0]), 1))
    raise AssertionError(op)


def codes(expression: Any, op: str, value: RuleValue) -> Q:
    """A choice: its codes compare exactly."""
    if op == "known":
        return ~Q(Exact(expression, Value("")))
    values = value if isinstance(value, tuple) else (value,)
    return Q(In(expression, [Value(str(one)) for one in values]))


def figure(expression: Any, op: str, value: RuleValue, literal: Any = decimal) -> Q:
    """Numbers, and whatever else has an order; `literal` turns a value into an expression."""
    if op == "known":
        return ~Q(Unknown(expression))
    if isinstance(value, tuple):
        values = [literal(one) for one in value]
        if op == "in":
            return sure(In(expression, values))
        low, high = (
            sure(GreaterThanOrEqual(expression, values[0])),
            sure(LessThanOrEqual(expression, values[1])),
        )
        return low & high
    return sure(ORDER[op](expression, literal(value)))


def yes_no(expression: Any, op: str, value: RuleValue) -> Q:
    if op == "known":
        return ~Q(Unknown(expression))
    return sure(Exact(expression, Value(bool(value), output_field=BooleanField())))


def days(expression: Any, op: str, value: RuleValue, today: date, *, as_text: bool = False) -> Q:
    """Calendar days. `as_text`: the expression is ISO text, as days stand in JSON."""

    def literal(one: Any) -> Value:
        if as_text:
            return Value(one.isoformat(), output_field=CharField())
        return Value(one, output_field=DateField())

    if op == "in_last_days":
        return figure(expression, "between", (_shift(today, 1 - _count(value)), today), literal)
    if op == "anniversary_in_days":
        text_of = expression if as_text else Cast(expression, CharField())
        marks = [Value(mark) for mark in anniversaries(today, _count(value))]
        return sure(In(Substr(text_of, 6, 5), marks)) & sure(LessThan(expression, literal(today)))
    return figure(expression, op, value, literal)


def anniversaries(today: date, count: int) -> list[str]:
    """Month and day of the next `count` days, today included; 29 February falls on the 28th if need be."""
    window = [_shift(today, step) for step in range(min(count, 366))]
    marks = {f"{day:%m-%d}": None for day in window}
    for day in window:
        if (day.month, day.day) == (2, 28) and _shift(day, 1).month == 3:
            marks["02-29"] = None
    return list(marks)


def whole(op: str, value: RuleValue) -> list[tuple[int | None, int | None]]:
    """The ranges of whole numbers (both ends in, None is open) for which the comparison holds."""
    if isinstance(value, tuple):
        numbers = [Decimal(str(one)) for one in value]
        if op == "between":
            return [(ceil(numbers[0]), floor(numbers[1]))]
        return [(int(one), int(one)) for one in numbers if one == int(one)]
    number = Decimal(str(value))
    match op:
        case "is":
            return [(int(number), int(number))] if number == int(number) else []
        case ">":
            return [(floor(number) + 1, None)]
        case ">=":
            return [(ceil(number), None)]
        case "<":
            return [(None, ceil(number) - 1)]
        case "<=":
            return [(None, floor(number))]
    raise AssertionError(op)


def counted(op: str, value: RuleValue, expression: Any, latest: Any) -> Q:
    """A figure that falls as a day rises: `latest(n)` is the last day on which it is still at least n."""
    if op == "known":
        return ~Q(Unknown(expression))
    found = NOBODY
    for low, high in whole(op, value):
        part = ~Q(Unknown(expression))
        if low is not None:
            part &= sure(LessThanOrEqual(expression, Value(latest(low), output_field=DateField())))
        if high is not None:
            part &= sure(GreaterThan(expression, Value(latest(high + 1), output_field=DateField())))
        found |= part
    return found


def ahead(op: str, value: RuleValue, expression: Any, today: date) -> Q:
    """Days from today until the day; negative ones when it has passed."""
    if op == "known":
        return ~Q(Unknown(expression))
    found = NOBODY
    for low, high in whole(op, value):
        part = ~Q(Unknown(expression))
        if low is not None:
            part &= sure(GreaterThanOrEqual(expression, Value(_shift(today, low), output_field=DateField())))
        if high is not None:
            part &= sure(LessThanOrEqual(expression, Value(_shift(today, high), output_field=DateField())))
        found |= part
    return found


def days_ago(today: date, count: int) -> date:
    return _shift(today, -count)


def years_ago(today: date, years: int) -> date:
    """The latest birthday of those who are at least `years` old."""
    year = today.year - years
    if not 1 <= year <= 9999:
        return date.min if year < 1 else date.max
    if (today.month, today.day) == (2, 29):
        return date(year, 2, 29) if isleap(year) else date(year, 2, 28)
    if (today.month, today.day) == (2, 28) and not isleap(today.year) and isleap(year):
        return date(year, 2, 29)
    return today.replace(year=year)


class Unknown(Func):
    """True where there is no value."""

    template = "(%(expressions)s IS NULL)"
    output_field = BooleanField()


def _count(value: RuleValue) -> int:
    assert isinstance(value, Decimal)
    return int(value)


def _shift(day: date, count: int) -> date:
    try:
        return day + timedelta(days=count)
    except OverflowError:
        return date.min if count < 0 else date.max


def either(parts: Sequence[Q]) -> Q:
    found = NOBODY
    for part in parts:
        found |= part
    return found
