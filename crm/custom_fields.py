"""Fields that the shop defined itself: reading what somebody typed, showing it, and taking a field away."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, F, Func, QuerySet, Value
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _

from crm.models import Customer, CustomField

LONGEST = 500
YES = frozenset({"yes", "y", "true", "t", "1", "on", "ja", "oui", "si", "sí", "是", "有"})
NO = frozenset({"no", "n", "false", "f", "0", "off", "nein", "non", "否", "无"})
type Stored = str | int | float | bool | None
DATE_STYLES = (
    re.compile(r"(?P<y>\d{4})[-/.](?P<m>\d{1,2})[-/.](?P<d>\d{1,2})(?:[T ].*)?"),
    re.compile(r"(?P<y>\d{4})年(?P<m>\d{1,2})月(?P<d>\d{1,2})日"),
    re.compile(r"(?P<d>\d{1,2})\.(?P<m>\d{1,2})\.(?P<y>\d{4})"),
)


def parse(field: CustomField, text: str) -> Stored:
    """The JSON value that `text` means for this field; None when blank. ValueError says what is wrong."""
    text = text.strip()
    if not text:
        return None
    match field.kind:
        case CustomField.Kind.NUMBER:
            return _number(text)
        case CustomField.Kind.DATE:
            return _date(text).isoformat()
        case CustomField.Kind.YES_NO:
            return _yes_no(text)
        case CustomField.Kind.CHOICE:
            return _choice(text, field.choices)
    if len(text) > LONGEST:
        raise ValueError(_("This text is longer than %(limit)d signs.") % {"limit": LONGEST})
    return text


def show(field: CustomField, value: Any) -> str:
    """A stored value as people read it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if field.kind == CustomField.Kind.DATE:
        try:
            return date_format(date.fromisoformat(str(value)), "DATE_FORMAT")
        except ValueError:
            return str(value)
    return str(value)


def shown(fields: Sequence[CustomField], custom: dict[str, Any]) -> list[tuple[CustomField, str]]:
    """Each field beside its value, blank ones left out."""
    pairs = [(field, show(field, custom.get(field.key))) for field in fields]
    return [(field, text) for field, text in pairs if text]


def new_key(label: str) -> str:
    """A free key made from the label; labels without Latin letters are numbered."""
    base = slugify(label).replace("-", "_")[:50] or "field"
    taken = set(CustomField.objects.filter(key__startswith=base).values_list("key", flat=True))
    if base != "field" and base not in taken:
        return base
    return next(key for n in range(1, len(taken) + 2) if (key := f"{base}_{n}") not in taken)


def plain() -> QuerySet[CustomField]:
    """The fields that lists, rules, mails, imports and the API may know: all but sensitive ones."""
    return CustomField.objects.filter(sensitive=False)


def used_by(field: CustomField) -> int:
    """How many customers have a value."""
    found = Customer.objects.filter(custom__has_key=field.key).aggregate(n=Count("pk"))
    return int(found["n"]) + field.sensitive_values.count()


@transaction.atomic
def remove(field: CustomField) -> int:
    """Delete the field and its values on every customer; returns how many had one."""
    having = Customer.objects.filter(custom__has_key=field.key)
    emptied = having.update(custom=_without(field.key)) + field.sensitive_values.count()
    field.delete()
    return emptied


def _without(key: str) -> Func:
    if connection.vendor == "postgresql":
        return Func(F("custom"), Value(key), template="(%(expressions)s)", arg_joiner=" - ")
    return Func(F("custom"), Value(f'$."{key}"'), function="JSON_REMOVE")


def _number(text: str) -> int | float:
    plain = re.sub(r"[\s\u00a0\u202f']", "", text)
    if "," in plain and "." in plain:  # The last of the two is the decimal sign.
        thousands = "," if plain.rindex(".") > plain.rindex(",") else "."
        plain = plain.replace(thousands, "")
    elif re.fullmatch(r"[+-]?\d{1,3}(,\d{3})+", plain):
        plain = plain.replace(",", "")
    plain = plain.replace(",", ".")
    if not re.fullmatch(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d+)?", plain, re.ASCII):
        raise ValueError(_("“%(text)s” is not a number.") % {"text": text[:40]})
    value = float(plain)
    if not math.isfinite(value):
        raise ValueError(_("“%(text)s” is too large.") % {"text": text[:40]})
    return int(value) if value.is_integer() and abs(value) < 1e15 else value


def _date(text: str) -> date:
    for style in DATE_STYLES:
        if found := style.fullmatch(text):
            parts = {name: int(number) for name, number in found.groupdict().items()}
            try:
                return date(parts["y"], parts["m"], parts["d"])
            except ValueError:
                break
    raise ValueError(_("“%(text)s” is not a date. Write it like 2026-05-31.") % {"text": text[:40]})


def _yes_no(text: str) -> bool:
    word = text.casefold()
    if word in YES:
        return True
    if word in NO:
        return False
    raise ValueError(_("“%(text)s” is neither yes nor no.") % {"text": text[:40]})


def _choice(text: str, choices: Sequence[str]) -> str:
    for choice in choices:
        if str(choice).casefold() == text.casefold():
            return str(choice)
    known = ", ".join(str(choice) for choice in choices)
    raise ValueError(
        _("“%(text)s” is not one of the choices: %(choices)s.") % {"text": text[:40], "choices": known}
    )
