"""The figures of customer value as a shop would say them."""

from __future__ import annotations

from datetime import date

from django.utils.formats import date_format
from django.utils.translation import gettext as _

from segments.models import CustomerFeatures

SURE, UNLIKELY = 0.95, 0.05


def chance(share: float) -> str:
    """How many of ten customers like this one will still come."""
    if share >= SURE:
        return _("almost certainly")
    if share < UNLIKELY:
        return _("hardly (fewer than 1 in 20 like this)")
    return _("%(n)d in 10 like this") % {"n": max(1, min(9, round(10 * share)))}


def next_purchase(features: CustomerFeatures, today: date) -> str:
    """When somebody will probably buy again; four in five like this one, if they do, do so in this time."""
    first, last = features.next_from, features.next_until
    if first is None or last is None:
        return ""
    if last < today:
        text = _("Was expected back between %(first)s and %(last)s")
    elif first <= today:
        text, first = _("Will probably buy again by %(last)s"), today
    else:
        text = _("Will probably buy again between %(first)s and %(last)s")
    return text % {"first": date_format(first, "DATE_FORMAT"), "last": date_format(last, "DATE_FORMAT")}
