"""A file with one row per person, its arm and its outcome: what each arm achieved against the control."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from pathlib import Path
from typing import Any

import numpy as np
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.imports import parsing, reading
from segments.numerics import comparing

YES = {"yes", "true", "y", "t"}
NO = {"no", "false", "n", "f"}
MOST_ARMS = 20


@dataclass(frozen=True, slots=True)
class Outcomes:
    """The outcomes of each arm; rows without an arm or an outcome are left out and counted."""

    by_arm: dict[str, list[float]]
    left_out: int

    @property
    def is_share(self) -> bool:
        """Whether every outcome is yes or no."""
        return all(value in {0.0, 1.0} for values in self.by_arm.values() for value in values)


def read(path: Path, arm: str, outcome: str) -> Outcomes:
    """Read the two columns; columns that are not there and figures that are none are refused."""
    lines = reading.rows(path, reading.format_of(path))
    header = reading.names(next(lines, (0, []))[1])
    at_arm, at_outcome = _column(header, arm), _column(header, outcome)
    texts: list[tuple[int, str, str]] = []
    left_out = 0
    for number, cells in lines:
        said, what = (_cell(cells, place) for place in (at_arm, at_outcome))
        if said and what:
            texts.append((number, said, what))
        else:
            left_out += 1
    sign = _sign(what for _number, _said, what in texts)
    by_arm: dict[str, list[float]] = {}
    for number, said, what in texts:
        by_arm.setdefault(said, []).append(_figure(what, sign, outcome, number))
    return Outcomes(by_arm, left_out)


def lift(found: Outcomes, control: str) -> dict[str, Any]:
    """Each arm beside the control, which comes first; a control that is no arm is refused."""
    names = list(found.by_arm)
    if control not in found.by_arm:
        raise Refusal(
            _("No row has the arm “%(control)s”. The arms of the file are: %(arms)s.")
            % {"control": control, "arms": ", ".join(sorted(names)[:MOST_ARMS]) or "–"}
        )
    if len(names) < 2:
        raise Refusal(_("The file has only one arm, so there is nothing to compare."))
    if len(names) > MOST_ARMS:
        raise Refusal(
            _("The column of arms has %(count)d different values. Is it the right one?")
            % {"count": len(names)}
        )
    arms = {name: np.array(values) for name, values in found.by_arm.items()}
    base = comparing.arm(arms[control])
    rows: list[dict[str, Any]] = [{"arm": control, "n": base.n, "mean": base.mean, **_NOTHING}]
    for name in sorted(set(names) - {control}):
        one = comparing.arm(arms[name])
        rows.append({"arm": name, "n": one.n, "mean": one.mean, **_beside(base, one, found.is_share)})
    for row, p in zip(rows[1:], comparing.holm([row["p_value"] or 0.0 for row in rows[1:]]), strict=True):
        row["holm_p_value"] = p if row["p_value"] is not None else None
    chi, split_p = comparing.split_chance([row["n"] for row in rows])
    kind = "share" if found.is_share else "amount"
    return {"arms": rows, "split_p": split_p, "split_chi2": chi, "kind": kind, "left_out": found.left_out}


_NOTHING: dict[str, Any] = dict.fromkeys(
    ("lift", "relative_lift", "interval", "z", "p_value", "holm_p_value")
)


def _beside(base: comparing.Arm, one: comparing.Arm, is_share: bool) -> dict[str, Any]:
    if is_share:
        successes = round(base.mean * base.n), round(one.mean * one.n)
        found = comparing.shares(successes, (base.n, one.n))
    else:
        found = comparing.means(base, one)
    return {
        "lift": found.difference,
        "relative_lift": found.difference / base.mean if base.mean else None,
        "interval": _known(found.interval),
        "z": _finite(found.statistic),
        "p_value": _finite(found.p_value),
    }


def _known(interval: Sequence[float]) -> list[float] | None:
    return list(interval) if all(map(math.isfinite, interval)) else None


def _finite(value: float) -> float | None:
    return value if math.isfinite(value) else None


def _column(header: Sequence[str], name: str) -> int:
    wanted = " ".join(name.split())
    for same in (str, str.casefold):
        for place, one in enumerate(header):
            if same(one) == same(wanted):
                return place
    raise Refusal(
        _("The file has no column “%(name)s”. Its columns are: %(columns)s.")
        % {"name": name, "columns": ", ".join(header) or "–"}
    )


def _cell(cells: Sequence[str], place: int) -> str:
    return parsing.tidy(cells[place]).strip() if place < len(cells) else ""


def _sign(cells: Any) -> str:
    """The decimal sign of the column: a comma if any figure can only be read so."""
    return "," if any(parsing.number_style(cell) == "," for cell in cells) else "."


def _figure(cell: str, sign: str, column: str, number: int) -> float:
    if cell.casefold() in YES | NO:
        return float(cell.casefold() in YES)
    try:
        value: Decimal = parsing.decimal(cell, sign)
    except parsing.Bad as error:
        raise Refusal(
            _("Row %(row)d: “%(cell)s” in the column “%(column)s” is no number and no yes or no.")
            % {"row": number, "cell": cell[:40], "column": column}
        ) from error
    return float(value)
