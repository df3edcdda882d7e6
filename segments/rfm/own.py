"""The shop's own map of RFM groups, drawn cell by cell; every cell must have exactly one name."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.http import QueryDict
from django.utils.translation import gettext as _

from segments.models import RfmChoice
from segments.numerics import rfm_maps
from segments.numerics.rfm_maps import LEVELS, Kind, Map, Uncovered
from segments.rfm import names as rfm_names

SPARE = 3  # Empty lines for new groups.
LONGEST = 60
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZ"


@dataclass(slots=True)
class Drawing:
    """What stands on the page: groups as (key, name), and the keys chosen for each cell (row, column)."""

    groups: list[tuple[str, str]]
    cells: dict[tuple[int, int], list[str]]
    following: int  # The number of the next new group.
    problems: list[str] = field(default_factory=list)
    wrong: set[str] = field(default_factory=set)  # Keys of groups with a problem.
    empty: set[tuple[int, int]] = field(default_factory=set)

    @property
    def letters(self) -> dict[str, str]:
        return {key: LETTERS[place % 26] for place, (key, _name) in enumerate(self.groups)}

    def lines(self) -> list[dict[str, Any]]:
        """The groups for the page."""
        return [
            {
                "key": key,
                "name": name,
                "letter": self.letters[key],
                "color": place % 8,
                "wrong": key in self.wrong,
            }
            for place, (key, name) in enumerate(self.groups)
        ]

    def rows(self) -> list[tuple[int, list[dict[str, Any]]]]:
        """The cells for the page, the most recent buyers first."""
        places = {key: place for place, (key, _name) in enumerate(self.groups)}
        found = []
        for row in range(LEVELS, 0, -1):
            line = []
            for column in range(1, LEVELS + 1):
                key = next(iter(self.cells.get((row, column), [])), "")
                line.append(
                    {
                        "row": row,
                        "column": column,
                        "key": key,
                        "color": places[key] % 8 if key in places else "",
                        "wrong": (row, column) in self.empty,
                    }
                )
            found.append((row, line))
        return found


def drawn(choice: RfmChoice) -> Drawing:
    """The shop's own map, or the ten groups to begin with."""
    if choice.own:
        groups = [(one["key"], one["name"]) for one in choice.own["groups"]]
        table, following = choice.own["cells"], int(choice.own["next"])
    else:
        ten = rfm_names.by_name("ten")
        keys = {code: f"own{place}" for place, code in enumerate(ten.map.codes, start=1)}
        groups = [(keys[code], str(label)) for code, label in ten.labels.items()]
        table = [[keys[code] for code in row] for row in ten.map.table]
        following = len(keys) + 1
    cells = {(r + 1, c + 1): [key] for r, row in enumerate(table) for c, key in enumerate(row)}
    return _with_spare(Drawing(groups, cells, following))


def read(posted: QueryDict, choice: RfmChoice) -> Drawing:
    """What was sent, with its problems in words; `problems` is empty when it may be kept."""
    known = drawn(choice)
    keys = [key for key, _name in known.groups]
    groups = [(key, posted.get(f"name-{key}", "").strip()) for key in keys]
    cells = {
        (row, column): [key for key in posted.getlist(f"cell-{row}-{column}") if key in keys]
        for row in range(1, LEVELS + 1)
        for column in range(1, LEVELS + 1)
    }
    found = Drawing(groups, cells, known.following)
    _check_cells(found)
    _check_names(found)
    return found


def take(choice: RfmChoice, drawing: Drawing) -> None:
    """Make a drawing without problems the map of `choice`; it is not saved yet."""
    table = _table(drawing)
    used = {key for row in table for key in row}
    names = {key: name for key, name in drawing.groups if key in used}
    own = rfm_names.own_json(Map("own", Kind.RF, table), names)
    past: Mapping[str, str] = {**choice.own.get("past", {}), **names}
    following = max(int(key.removeprefix("own")) for key in past) + 1
    choice.own = {**own, "past": dict(past), "next": following}
    choice.names = RfmChoice.Names.OWN


def keep(choice: RfmChoice) -> None:
    """Let the next refresh go by what was taken."""
    choice.pk = 1
    choice.save()
    rfm_names.forget()


def _table(drawing: Drawing) -> rfm_maps.Table:
    return rfm_maps.covering((key, cell) for cell, keys in drawing.cells.items() for key in keys)


def _check_cells(drawing: Drawing) -> None:
    try:
        _table(drawing)
    except Uncovered as error:
        drawing.empty = {*error.missing, *error.doubled}
        if error.missing:
            cells = _(", ").join(_cell(cell) for cell in error.missing)
            drawing.problems.append(_("These cells have no group yet: %(cells)s.") % {"cells": cells})
        if error.doubled:
            names = dict(drawing.groups)
            cells = _(", ").join(
                f"{_cell(cell)} ({' + '.join(names[key] or key for key in keys)})"
                for cell, keys in error.doubled.items()
            )
            drawing.problems.append(_("These cells have more than one group: %(cells)s.") % {"cells": cells})


def _check_names(drawing: Drawing) -> None:
    used = {key for keys in drawing.cells.values() for key in keys}
    names = Counter(name.casefold() for _key, name in drawing.groups if name)
    for key, name in drawing.groups:
        problem = ""
        if key in used and not name:
            problem = _("Group %(letter)s has cells but no name.")
        elif name and key not in used:
            problem = _("“%(name)s” has no cell. Give it one, or empty its name.")
        elif len(name) > LONGEST:
            problem = _("The name of group %(letter)s is longer than %(most)d signs.")
        elif names[name.casefold()] > 1:
            problem = _("“%(name)s” stands twice. Give each group its own name.")
        if problem:
            words = {"letter": drawing.letters[key], "name": name, "most": LONGEST}
            drawing.problems.append(problem % words)
            drawing.wrong.add(key)


def _with_spare(drawing: Drawing) -> Drawing:
    room = max(0, min(SPARE, rfm_names.MOST_OWN - len(drawing.groups)))
    drawing.groups += [(f"own{drawing.following + step}", "") for step in range(room)]
    return drawing


def _cell(cell: tuple[int, int]) -> str:
    return _("recency %(row)d / frequency %(column)d") % {"row": cell[0], "column": cell[1]}
