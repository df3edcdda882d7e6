"""The map of RFM groups: what the shop chose for the next refresh, and what customers carry now."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from django.core.cache import cache
from django.utils.functional import Promise
from django.utils.translation import gettext_lazy as _

from segments.models import RfmChoice, ScoringRun
from segments.numerics import rfm_maps
from segments.numerics.rfm_maps import Kind, Map
from segments.rfm.groups import ADVICE, GROUPS, PLAIN

OWN_NAMES = "segments.rfm_own_names"
MOST_OWN = 25
NO_ADVICE = ""
TITLES: dict[str, str | Promise] = {
    "ten": _("Ten groups"),
    "eleven": _("Eleven groups"),
    "six": _("Six groups"),
    "eight": _("Eight classes"),
    "own": _("Our own groups"),
}


@dataclass(frozen=True, slots=True)
class Names:
    """A map with the words for its codes; `own` are the words of the shop's own groups."""

    map: Map
    own: Mapping[str, str]
    middle: str = "median"

    @property
    def labels(self) -> dict[str, str | Promise]:
        """{code: what people call it}, in the order of the map."""
        return {code: self.label(code) for code in self.map.codes}

    def label(self, code: str) -> str | Promise:
        return self.own.get(code) or GROUPS.get(code, code)

    def plain(self, code: str) -> str:
        """The name that scripts see, in whatever language people read."""
        return self.own.get(code) or PLAIN.get(code, code)

    def advice(self, code: str) -> str | Promise:
        return ADVICE.get(code, NO_ADVICE)

    def as_json(self) -> dict[str, Any]:
        """What a scoring keeps, so that its groups have names as long as somebody carries them."""
        found: dict[str, Any] = {"map": self.map.name, "middle": self.middle}
        return found | {"own": own_json(self.map, self.own)} if self.map.name == "own" else found


def of_choice(choice: RfmChoice) -> Names:
    return _read(choice.names, choice.own, choice.middle)


def chosen() -> Names:
    """What the next refresh goes by."""
    return of_choice(choice())


def choice() -> RfmChoice:
    return RfmChoice.objects.filter(pk=1).first() or RfmChoice(pk=1)


def by_name(name: str) -> Names:
    """The map of this name; KeyError where the shop has none of its own."""
    mine = choice()
    if name == "own" and not mine.own:
        raise KeyError(name)
    return _read(name, mine.own, mine.middle)


def in_use() -> Names:
    """What the groups of customers mean now: the map of the live scoring, else the chosen one."""
    live = ScoringRun.objects.filter(kind=ScoringRun.Kind.RFM, is_live=True)
    kept = live.values_list("parameters", flat=True).first()
    if kept is None:
        return chosen()
    return _read(kept.get("map", "ten"), kept.get("own", {}), kept.get("middle", "median"))


def plain_of(code: str) -> str:
    """The name that scripts see of a group of any map."""
    return PLAIN.get(code) or name_of(code)


def name_of(code: str) -> str:
    """What people call a group of any map, for lists: own names are read once a minute."""
    if not code:
        return ""
    if code in GROUPS:
        return str(GROUPS[code])
    found = cache.get(OWN_NAMES)
    if found is None:
        found = {**choice().own.get("past", {}), **chosen().own, **in_use().own}
        cache.set(OWN_NAMES, found, 60)
    return str(found.get(code, code))


def forget() -> None:
    """Own names may have changed."""
    cache.delete(OWN_NAMES)


def own_json(own: Map, names: Mapping[str, str]) -> dict[str, Any]:
    groups = [{"key": code, "name": names[code]} for code in own.codes]
    return {"groups": groups, "cells": [list(row) for row in own.table]}


def _read(name: str, own: Mapping[str, Any], middle: str) -> Names:
    if name == "own" and own:
        table = tuple(tuple(row) for row in own["cells"])
        words = {one["key"]: one["name"] for one in own["groups"]}
        return Names(Map("own", Kind.RF, table), words, middle)
    name = name if name in rfm_maps.MAPS else "ten"
    return Names(rfm_maps.published(name), {}, middle)
