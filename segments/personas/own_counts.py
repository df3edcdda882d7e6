"""The shop's own fields of some people, counted: values of choices and yes or no, means of numbers."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from django.db.models import F
from django.db.models.fields.json import KeyTransform

from crm import bulk, custom_fields
from crm.models import Customer, CustomField

LARGEST = 1e15  # Beyond that a number is a slip.
VALUES = (CustomField.Kind.CHOICE, CustomField.Kind.YES_NO)
NUMBERS = (CustomField.Kind.NUMBER, CustomField.Kind.MONEY)


@dataclass(frozen=True, slots=True)
class OwnCounts:
    """By the key of the field; of a number: how many told it, their mean and spread."""

    values: dict[str, Counter[str]] = field(default_factory=dict)
    numbers: dict[str, tuple[int, float, float]] = field(default_factory=dict)


def count(ids: Sequence[int], least: int) -> OwnCounts:
    """What fewer than `least` people told is left out."""
    found = OwnCounts()
    fields = [one for one in custom_fields.plain() if one.kind in (*VALUES, *NUMBERS)]
    if not fields:
        return found
    people = Customer.objects.filter(pk__in=bulk.numbers(ids)).order_by()
    rows = list(people.values_list(*(KeyTransform(one.key, F("custom")) for one in fields)))
    for place, one in enumerate(fields):
        told = [row[place] for row in rows]
        if one.kind in VALUES:
            counted = Counter(str(value) for value in told if isinstance(value, bool | str) and value != "")
            if counted.total() >= least:
                found.values[one.key] = counted
        elif len(numbers := _numbers(told)) >= least:
            found.numbers[one.key] = (len(numbers), float(np.mean(numbers)), float(np.std(numbers)))
    return found


def _numbers(told: Sequence[object]) -> list[float]:
    known = (one for one in told if isinstance(one, int | float) and not isinstance(one, bool))
    return [float(one) for one in known if abs(one) <= LARGEST]
