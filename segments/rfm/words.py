"""Moves between RFM groups as people read them: a table, a picture, and what came out."""

from __future__ import annotations

from typing import Any

from django.utils.translation import gettext as _
from django.utils.translation import ngettext, pgettext

from crm.charts import Chart, Series
from crm.templatetags.crm_format import number, percent
from segments.rfm.moves import NOBODY, Matrix
from segments.rfm.names import Names

MOST = 12  # Moves that are listed; the matrix has all.


def of_matrix(found: Matrix, names: Names) -> dict[str, Any]:
    """What the page of moves shows of a matrix."""
    moved = found.moved
    return {
        "finding": _finding(found, names),
        "charts": [_picture(moved, names)] if moved else [],
        "rows": _rows(found, names),
        "columns": _labels(found.after(), names, _("no longer a buyer")),
        "moved": [
            (pair, *(_label(names, code) for code in pair), n) for pair, n in list(moved.items())[:MOST]
        ],
    }


def _finding(found: Matrix, names: Names) -> str:
    moved = found.moved
    stood = sum(n for (before, _after), n in found.counts.items() if before != NOBODY)
    if not moved:
        return _("Nobody changed group between these days.")
    total = sum(moved.values())
    words = ngettext(
        "%(n)s of %(of)s buyers is in another group than before (%(share)s); most moved from “%(before)s”"
        " to “%(after)s”.",
        "%(n)s of %(of)s buyers are in another group than before (%(share)s); most moved from “%(before)s”"
        " to “%(after)s”.",
        total,
    )
    before, after = next(iter(moved))
    return words % {
        "n": number(total),
        "of": number(stood),
        "share": percent(total / stood if stood else None, 1),
        "before": names.label(before),
        "after": names.label(after),
    }


def _rows(found: Matrix, names: Names) -> list[dict[str, Any]]:
    """A line per group before: each cell with its address, stayed or not, and the sum."""
    columns = list(_labels(found.after(), names, ""))
    lines = []
    for code, label in _labels(found.before(), names, _("not a buyer yet")).items():
        cells = [
            {
                "was": code or "none",
                "is": after or "none",
                "n": found.counts.get((code, after), 0),
                "stayed": code == after,
            }
            for after in columns
        ]
        lines.append({"label": label, "cells": cells, "sum": found.before()[code]})
    return lines


def _labels(counted: dict[str, int], names: Names, nobody: str) -> dict[str, Any]:
    """Groups in the order of the map, then who is in none, if there is somebody."""
    codes = [code for code in names.map.codes if code != names.map.not_yet]
    found: dict[str, Any] = {code: names.label(code) for code in codes}
    return found | ({NOBODY: nobody} if counted.get(NOBODY) else {})


def _label(names: Names, code: str) -> Any:
    return names.label(code)


def _picture(moved: dict[tuple[str, str], int], names: Names) -> Chart:
    order = {str(names.label(code)): place for place, code in enumerate(names.map.codes)}
    pairs = [(str(names.label(before)), str(names.label(after)), n) for (before, after), n in moved.items()]
    left = sorted({f"< {before}" for before, _after, _n in pairs}, key=lambda one: order[one[2:]])
    right = sorted({f"> {after}" for _before, after, _n in pairs}, key=lambda one: order[one[2:]])
    nodes = [*left, *right]
    options = {
        "nodes": nodes,
        "colors": [order[name[2:]] for name in nodes],
        "links": [[f"< {before}", f"> {after}", n] for before, after, n in pairs],
    }
    total = sum(n for _before, _after, n in pairs)
    return Chart(
        "sankey",
        ngettext("%(n)s customer changed group", "%(n)s customers changed group", total)
        % {"n": number(total)},
        [f"{before} → {after}" for before, after, _n in pairs],
        [Series(_("Customers"), [n for _before, _after, n in pairs])],
        note=_("Left: the group on the first day. Right: the group on the last day."),
        first_column=pgettext("from one group to another", "Move"),
        options=options,
    )
