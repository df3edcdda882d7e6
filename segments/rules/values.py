"""Reading the values of a rule: JSON in, typed and checked values out."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.translation import gettext as _

from segments.rules import operators
from segments.rules.fields import Field
from segments.rules.operators import Kind
from segments.rules.tree import One, Value

MOST_VALUES = 1000
LONGEST = 500
MOST_DAYS = 36_500
LARGEST = Decimal(10) ** 12


def read(field: Field, op: str, raw: object) -> Value:
    """The typed value for a field and operator; ValueError says what is wrong with it."""
    if op in operators.WITHOUT_VALUE:
        if raw is not None:
            raise ValueError(_("This comparison takes no value."))
        return None
    if raw is None:
        raise ValueError(_("Please give a value."))
    if op in operators.OF_DAYS:
        return Decimal(days(raw))
    if op in operators.OF_LIST:
        return _list(field, raw)
    if op == "between":
        return _between(field, raw)
    if op in operators.OF_TEXT:
        return text(raw)
    return one(field, raw)


def _list(field: Field, raw: object) -> Value:
    if not isinstance(raw, list) or not raw:
        raise ValueError(_("Please give at least one value."))
    if len(raw) > MOST_VALUES:
        raise ValueError(_("Please give at most %(limit)d values.") % {"limit": MOST_VALUES})
    values = tuple(dict.fromkeys(one(field, item) for item in raw))
    if len({type(value) for value in values}) > 1:
        raise ValueError(_("Please give only numbers or only texts."))
    return values


def _between(field: Field, raw: object) -> Value:
    if not isinstance(raw, list) or len(raw) != 2:
        raise ValueError(_("Please give two values: from and to."))
    low, high = (ordered(field, item) for item in raw)
    if low > high:  # type: ignore[operator]
        raise ValueError(_("The first value must not be greater than the second."))
    return low, high


def ordered(field: Field, raw: object) -> One:
    return number(raw) if field.kind is Kind.LOOSE else one(field, raw)


def one(field: Field, raw: object) -> One:
    match field.kind:
        case Kind.NUMBER:
            return number(raw)
        case Kind.DATE:
            return day(raw)
        case Kind.YES_NO:
            return yes_no(raw)
        case Kind.CHOICE:
            return _choice(field, raw)
        case Kind.LOOSE if isinstance(raw, bool):
            return raw
        case Kind.LOOSE if not isinstance(raw, str):
            return number(raw)
    return text(raw)


def text(raw: object) -> str:
    if not isinstance(raw, str):
        raise ValueError(_("Please give a text."))
    if not raw.strip() or "\0" in raw:
        raise ValueError(_("Please write something, or ask whether it is known."))
    if len(raw) > LONGEST:
        raise ValueError(_("This text is longer than %(limit)d signs.") % {"limit": LONGEST})
    return raw.strip()


def number(raw: object) -> Decimal:
    if isinstance(raw, bool) or not isinstance(raw, int | float | Decimal):
        raise ValueError(_("Please give a number."))
    value = Decimal(str(raw))
    if not value.is_finite() or abs(value) > LARGEST:
        raise ValueError(_("This number is too large."))
    return round(value, 6).normalize() + 0  # Money has four decimals; noise of floats ends here.


def days(raw: object) -> int:
    value = number(raw)
    if value != int(value) or not 1 <= value <= MOST_DAYS:
        raise ValueError(_("Please give whole days, at least 1."))
    return int(value)


def day(raw: object) -> date:
    if isinstance(raw, str) and len(raw) == 10:
        try:
            return date.fromisoformat(raw)
        except ValueError:
            pass
    raise ValueError(_("Please give a date like 2026-05-31."))


def yes_no(raw: object) -> bool:
    if not isinstance(raw, bool):
        raise ValueError(_("Please say yes or no (true or false)."))
    return raw


def _choice(field: Field, raw: object) -> str:
    code = field.choice(text(raw))
    if code is None and field.name == "rfm.group":
        raise ValueError(
            _("“%(text)s” is none of the RFM groups in use now: %(choices)s. Choose one of them in the rule.")
            % {
                "text": dict(field.others).get(text(raw), raw),
                "choices": _(", ").join(str(label) for _code, label in field.values),
            }
        )
    if code is None:
        known = ", ".join(code for code, _label in field.values)
        raise ValueError(
            _("“%(text)s” is not one of the choices: %(choices)s.") % {"text": raw, "choices": known}
        )
    return code


def fits(kind: Kind, op: Any) -> bool:
    return isinstance(op, str) and op in operators.OF_KIND[kind]
