"""A rule as a plain sentence, in the reader's language."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Any

from django.utils.formats import date_format, number_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crm import masking
from crm.models import Customer
from segments.rules.fields import MAIL, Field
from segments.rules.happened import REAL_DAYS
from segments.rules.operators import OF_DAYS, Kind
from segments.rules.tree import All, AnyOf, Condition, Did, InSegment, Node, Not, Picked


def sentence(node: Node, counts_back: date | None = None) -> str:
    """The whole rule, beginning with a capital and ending with a full stop.

    `counts_back` is the day of the past from which days count, if they do not from today.
    """
    text = phrase(node)
    start = next((index for index, sign in enumerate(text) if sign.isalpha()), 0)
    whole = _("%(rule)s.") % {"rule": text[:start] + text[start : start + 1].upper() + text[start + 1 :]}
    if counts_back is None or not counts_days(node):
        return whole
    day = date_format(counts_back, "DATE_FORMAT")
    return _("%(sentence)s Days count back from %(day)s.") % {"sentence": whole, "day": day}


def counts_days(node: Node) -> bool:
    """Whether who fits depends on the day that analysis stands on."""
    match node:
        case All(children) | AnyOf(children):
            return any(counts_days(child) for child in children)
        case Not(child):
            return counts_days(child)
        case InSegment():
            return node.rule is not None and counts_days(node.rule)
        case Did():
            return bool(node.within_days) and node.event.name not in REAL_DAYS
        case Picked():
            return False
    recency = node.field.how == "days_since" and node.field.group != MAIL
    return recency or node.op in {"in_last_days", "not_in_last_days"}


def is_relative(node: Node) -> bool:
    """Whether it matters when the shop's day begins."""
    match node:
        case All(children) | AnyOf(children):
            return any(is_relative(child) for child in children)
        case Not(child):
            return is_relative(child)
        case InSegment():
            return node.rule is not None and is_relative(node.rule)
        case Did():
            return bool(node.within_days or node.start or node.end)
        case Picked():
            return False
    return node.op in OF_DAYS or node.field.how in {"days_since", "age"}


def phrase(node: Node, *, nested: bool = False) -> str:
    match node:
        case All(children) | AnyOf(children):
            parts = [phrase(child, nested=len(children) > 1) for child in children]
            word = (
                pgettext("between conditions", " and ")
                if isinstance(node, All)
                else pgettext("between conditions", " or ")
            )
            text = word.join(parts)
            return _("(%(conditions)s)") % {"conditions": text} if nested and len(parts) > 1 else text
        case Not(child):
            is_group = isinstance(child, All | AnyOf)
            template = _("none of this: (%(condition)s)") if is_group else _("not: %(condition)s")
            return template % {"condition": phrase(child)}
        case InSegment():
            return _("is in the segment “%(name)s”") % {"name": node.name}
        case Did():
            return _did(node)
        case Picked():
            return _("put in by hand") if node.included else _("kept out by hand")
    return condition(node)


def condition(node: Condition) -> str:
    label = str(node.field.label)
    if node.field.how == "tag":
        return _tag(node, label)
    templates = {
        "is": _("%(field)s is %(value)s"),
        "is_not": _("%(field)s is not %(value)s"),
        "in": _("%(field)s is %(value)s"),
        "not_in": _("%(field)s is neither %(value)s"),
        "contains": _("%(field)s contains %(value)s"),
        "starts_with": _("%(field)s starts with %(value)s"),
        "before": _("%(field)s is before %(value)s"),
        "after": _("%(field)s is after %(value)s"),
        "known": _("%(field)s is known"),
        "unknown": _("%(field)s is not known"),
    }
    if node.op in {"in_last_days", "not_in_last_days", "anniversary_in_days"}:
        return _of_days(node, label)
    if node.op in templates:
        return templates[node.op] % {"field": label, "value": _value(node.field, node.value, node.op)}
    return _("%(field)s is %(amount)s") % {"field": label, "amount": amount(node.op, node.value)}


def _of_days(node: Condition, label: str) -> str:
    assert isinstance(node.value, Decimal)
    count = int(node.value)
    if node.op == "in_last_days":
        text = ngettext("%(field)s is today", "%(field)s is in the last %(count)d days", count)
    elif node.op == "not_in_last_days":
        text = ngettext("%(field)s is not today", "%(field)s is not in the last %(count)d days", count)
    else:
        text = ngettext(
            "%(field)s has its anniversary today",
            "%(field)s has its anniversary in the next %(count)d days",
            count,
        )
    return text % {"field": label, "count": count}


def _tag(node: Condition, label: str) -> str:
    if node.op == "known":
        return _("has the tag “%(tag)s”") % {"tag": label}
    if node.op == "unknown":
        return _("does not have the tag “%(tag)s”") % {"tag": label}
    figure = condition(Condition(Field("", _("weight"), Kind.NUMBER), node.op, node.value))
    return _("has the tag “%(tag)s”, whose %(weight)s") % {"tag": label, "weight": figure}


def amount(op: str, value: Any) -> str:
    """ "at least 3", "between 3 and 5"."""
    if op == "between":
        low, high = (shown(one) for one in value)
        return _("between %(low)s and %(high)s") % {"low": low, "high": high}
    templates = {
        ">=": _("at least %(value)s"),
        ">": _("more than %(value)s"),
        "<=": _("at most %(value)s"),
        "<": _("less than %(value)s"),
        "is": _("exactly %(value)s"),
        "is_not": _("not %(value)s"),
    }
    return templates[op] % {"value": shown(value)}


def _did(node: Did) -> str:
    parts = {"event": str(node.event.label), "where": "", "amount": _measured(node), "when": _when(node)}
    if node.where:
        conditions = pgettext("between conditions", " and ").join(condition(one) for one in node.where)
        parts["where"] = _(" (%(conditions)s)") % {"conditions": conditions}
    return _("%(event)s%(where)s%(amount)s%(when)s") % parts


def _measured(node: Did) -> str:
    if node.measure == "times":
        if (node.op, node.value) == (">=", Decimal(1)):
            return ""
        if node.op == "is" and node.value == 1:
            return _(" exactly once")
        many = int(node.value) if isinstance(node.value, Decimal) else 2
        text = ngettext(" %(amount)s time", " %(amount)s times", many)
        return text % {"amount": amount(node.op, node.value)}
    of = str(node.of.label) if node.of else ""
    templates = {
        "sum": _(", %(of)s in total %(amount)s"),
        "average": _(", %(of)s on average %(amount)s"),
        "distinct": _(", number of different values of %(of)s %(amount)s"),
        "days_between": _(", days in between on average %(amount)s"),
    }
    return templates[node.measure] % {"of": of, "amount": amount(node.op, node.value)}


def _when(node: Did) -> str:
    if node.within_days:
        text = ngettext(" today", " in the last %(count)d days", node.within_days)
        return text % {"count": node.within_days}
    if node.start and node.end:
        return _(" from %(start)s to %(end)s") % {"start": shown(node.start), "end": shown(node.end)}
    if node.start:
        return _(" since %(start)s") % {"start": shown(node.start)}
    if node.end:
        return _(" until %(end)s") % {"end": shown(node.end)}
    return ""


def _value(field: Field, value: Any, op: str) -> str:
    if isinstance(value, tuple):
        word = pgettext("between values", " nor ") if op == "not_in" else pgettext("between values", " or ")
        texts = [_value(field, one, op) for one in value[:6]]
        return word.join(texts) + (" …" if len(value) > 6 else "")
    if isinstance(value, str):
        text = masking.hide(field.label_of(value)) if _is_telling(field) else field.label_of(value)
        return _("“%(text)s”") % {"text": text}
    return shown(value)


def _is_telling(field: Field) -> bool:
    """Whether its values may name one person."""
    return field.path in Customer.PERSONAL or (field.how == "custom" and field.kind == Kind.TEXT)


def shown(value: Any) -> str:
    """A number, day or yes and no as the reader writes it."""
    if isinstance(value, float):
        value = Decimal(str(value))
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    if isinstance(value, date):
        return date_format(value, "DATE_FORMAT")
    if isinstance(value, Decimal):
        return number_format(
            value.normalize() if value % 1 else int(value), use_l10n=True, force_grouping=True
        )
    return str(value)
