"""What the own fields of the shop say of a group: values more often than elsewhere, and means that differ."""

from __future__ import annotations

import math
from dataclasses import dataclass

import numpy as np
from django.utils.translation import gettext as _

from crm import custom_fields
from segments.numerics.lifts import lifts
from segments.personas.facts import Facts
from segments.personas.own_counts import NUMBERS, VALUES
from segments.personas.telling import Line, Part

SHOWN = 6
SURE = 3.0  # Standard errors between the mean of the group and that of everyone.


@dataclass(frozen=True, slots=True)
class Mean:
    """A number of the group beside everyone's."""

    label: str
    here: float
    of_all: float


def values(group: Facts, everyone: Facts) -> Part | None:
    """The values that they surely have more often than everyone, the most different first."""
    found = []
    for one in custom_fields.plain().filter(kind__in=VALUES):
        here, there = group.own.values.get(one.key), everyone.own.values.get(one.key)
        if not here or not there:
            continue
        keys = list(here)
        counts = (np.array([some[key] for key in keys]) for some in (here, there))
        lifted = lifts(next(counts), here.total(), next(counts), there.total())
        for key, is_sure, lift in zip(keys, lifted.sure, lifted.lift.tolist(), strict=True):
            if is_sure and lift > 1:
                shares = here[key] / here.total(), there[key] / there.total()
                found.append(Line(f"{one.label}: {_said(key)}", *shares, True, lift))
    lines = sorted(found, key=lambda line: line.of_all - line.share)[:SHOWN]
    return Part(_("Your own fields"), group.drawn, group.drawn, lines) if lines else None


def means(group: Facts, everyone: Facts) -> list[Mean]:
    """The numbers in which they surely differ from everyone, the most different first."""
    found = []
    for one in custom_fields.plain().filter(kind__in=NUMBERS):
        if one.key not in group.own.numbers or one.key not in everyone.own.numbers:
            continue
        (known, here, _spread), (_all, of_all, spread) = (
            group.own.numbers[one.key],
            everyone.own.numbers[one.key],
        )
        apart = abs(here - of_all) / spread if spread else 0.0
        if apart * math.sqrt(known) >= SURE:
            found.append((apart, Mean(one.label, here, of_all)))
    return [mean for _apart, mean in sorted(found, key=lambda pair: -pair[0])[:SHOWN]]


def _said(value: str) -> str:
    return {"True": _("yes"), "False": _("no")}.get(value, value)
