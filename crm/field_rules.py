"""What the shop asks of the values of its own fields: limits, and a shape in plain signs.

A shape is an example: A stands for a letter, 9 for a digit, * for either, all else for itself.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date
from typing import Any

from django.utils.translation import gettext as _

from crm.models import CustomField

Kind = CustomField.Kind
NUMBERS = (Kind.NUMBER, Kind.MONEY)
DAYS = (Kind.DATE, Kind.DATE_TIME)
SHAPED = (Kind.TEXT, Kind.PHONE)


def fits_shape(shape: str, text: str) -> bool:
    if len(shape) != len(text):
        return False
    return all(_fits(wanted, sign) for wanted, sign in zip(shape, text, strict=True))


def _fits(wanted: str, sign: str) -> bool:
    match wanted:
        case "A":
            return sign.isalpha()
        case "9":
            return sign.isdecimal()
        case "*":
            return sign.isalnum()
    return sign == wanted


def check(field: CustomField, value: object) -> None:
    """ValueError says which limit or shape the value does not meet."""
    if field.kind in SHAPED and field.pattern and not fits_shape(field.pattern, str(value)):
        raise ValueError(
            _("Write it like %(shape)s: A is a letter, 9 a digit, * either.") % {"shape": field.pattern}
        )
    if field.kind in NUMBERS and isinstance(value, int | float):
        _within(field, float(value), float)
    elif field.kind in DAYS:
        _within(field, date.fromisoformat(str(value)[:10]), date.fromisoformat)


def _within(field: CustomField, value: Any, read: Callable[[str], Any]) -> None:
    least = read(field.minimum) if field.minimum else None
    most = read(field.maximum) if field.maximum else None
    if least is not None and value < least:
        raise ValueError(_("At least %(limit)s, please.") % {"limit": field.minimum})
    if most is not None and value > most:
        raise ValueError(_("At most %(limit)s, please.") % {"limit": field.maximum})
