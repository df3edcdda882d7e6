"""Fields that the shop defined itself: reading what somebody typed, showing it, and taking a field away."""

from __future__ import annotations

import math
import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.core.validators import URLValidator
from django.db import connection, transaction
from django.db.models import Count, F, Func, QuerySet, Value
from django.utils.formats import date_format
from django.utils.text import slugify
from django.utils.translation import gettext as _

from crm import addresses, field_rules, phones
from crm.models import Customer, CustomField

LONGEST, LONGEST_LONG = 500, 5000
YES = frozenset({"yes", "y", "true", "t", "1", "on", "ja", "oui", "si", "sí", "是", "有"})
NO = frozenset({"no", "n", "false", "f", "0", "off", "nein", "non", "否", "无"})
type Stored = str | int | float | bool | list[str] | None
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
    value = _read(field, text)
    field_rules.check(field, value)
    return value


def _read(field: CustomField, text: str) -> Stored:
    match field.kind:
        case CustomField.Kind.NUMBER:
            return _number(text)
        case CustomField.Kind.MONEY:
            return _money(text)
        case CustomField.Kind.DATE_TIME:
            return _moment(text)
        case CustomField.Kind.CHOICES:
            return _choices(text, field.choices)
        case CustomField.Kind.EMAIL:
            return _email(text)
        case CustomField.Kind.PHONE:
            return _phone(text)
        case CustomField.Kind.LINK:
            return _link(text)
        case CustomField.Kind.DATE:
            return _date(text).isoformat()
        case CustomField.Kind.YES_NO:
            return _yes_no(text)
        case CustomField.Kind.CHOICE:
            return _choice(text, field.choices)
    limit = LONGEST_LONG if field.kind == CustomField.Kind.LONG_TEXT else LONGEST
    if len(text) > limit:
        raise ValueError(_("This text is longer than %(limit)d signs.") % {"limit": limit})
    return text


def show(field: CustomField, value: Any) -> str:
    """A stored value as people read it."""
    if value is None or value == "":
        return ""
    if isinstance(value, bool):
        return _("Yes") if value else _("No")
    if isinstance(value, list):
        return ", ".join(str(one) for one in value)
    if field.kind == CustomField.Kind.DATE_TIME:
        return _shown_moment(str(value))
    if field.kind == CustomField.Kind.MONEY and isinstance(value, int | float):
        return f"{value:.2f}"
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
    """The fields that lists, rules, mails and the API may know: all but sensitive ones."""
    return CustomField.objects.in_use().filter(sensitive=False)


def importable() -> QuerySet[CustomField]:
    """The fields that a file may fill; cells of sensitive ones are sealed on their way in."""
    return CustomField.objects.in_use()


def named(key: str) -> CustomField | None:
    """The field of this key that a file may fill; "Churn" finds the one that the header Churn made."""
    found = importable().filter(key__iexact=key)
    return next((one for one in found if one.key == key), None) or found.first()


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


def _money(text: str) -> int | float:
    """With two decimals; a currency sign around it is no harm."""
    value = round(float(_number(text.strip("$€£¥ ").removesuffix("EUR").removesuffix("USD"))), 2)
    return int(value) if value.is_integer() else value


def _moment(text: str) -> str:
    """Wall-clock time of the shop as ISO text, whose order is that of time."""
    found = re.fullmatch(r"(?P<day>\S+?)(?:[T ]+(?P<h>\d{1,2}):(?P<m>\d{2})(?::\d{2})?)?", text)
    hour, minute = (int(found["h"] or 0), int(found["m"] or 0)) if found else (24, 0)
    if not found or hour > 23 or minute > 59:
        raise ValueError(
            _("“%(text)s” is not a day with a time. Write it like 2026-05-31 14:30.") % {"text": text[:40]}
        )
    return f"{_date(found['day']).isoformat()}T{hour:02}:{minute:02}"


def _shown_moment(text: str) -> str:
    try:
        return date_format(datetime.fromisoformat(text), "SHORT_DATETIME_FORMAT")
    except ValueError:
        return text


def _choices(text: str, choices: Sequence[str]) -> list[str]:
    """Several, with semicolons or new lines between; commas where no choice has one itself."""
    commas = any("," in str(one) for one in choices)
    parts = re.split(r"[;\n|；]" if commas else r"[;\n|；,，、]", text)
    wanted = [_choice(part.strip(), choices) for part in parts if part.strip()]
    return [str(one) for one in choices if str(one) in wanted]


def _email(text: str) -> str:
    try:
        return addresses.normalise(text)
    except ValueError:
        raise ValueError(
            _("“%(text)s” is not an e-mail address. Write it like ada@example.com.") % {"text": text[:60]}
        ) from None


def _phone(text: str) -> str:
    try:
        return phones.normalise(text, "")
    except ValueError:
        raise ValueError(_("This number does not exist. Begin with + and the country code.")) from None


def _link(text: str) -> str:
    """Only to the web, so that no script can hide in it."""
    address = text if "://" in text else f"https://{text}"
    try:
        URLValidator(schemes=["http", "https"])(address)
    except ValidationError:
        raise ValueError(
            _("“%(text)s” is not a link. Write it like https://example.com.") % {"text": text[:60]}
        ) from None
    return address


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
