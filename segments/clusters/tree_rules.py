"""The rule that describes a cluster: boxes of a tree → a rule as segments know them, and whom it claims."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from typing import Any

import numpy as np
import numpy.typing as npt

from segments import audience
from segments.clusters.columns import NUMBER, OTHER, UNKNOWN, Column
from segments.numerics.explaining import Bound, Box
from segments.rules.describe import sentence
from segments.rules.parsing import parse
from segments.rules.problems import InvalidRule

CHUNK = 20_000


@dataclass(frozen=True, slots=True)
class Claim:
    """How many a rule finds among all customers, and how well they fit the cluster."""

    rule: dict[str, Any]
    count: int
    precision: float
    recall: float

    def as_json(self) -> dict[str, Any]:
        return {
            "rule": self.rule,
            "claimed": self.count,
            "precision": self.precision,
            "recall": self.recall,
        }


def as_rule(
    boxes: Sequence[Box], columns: Sequence[Column], kinds: dict[str, str], whole: Sequence[bool]
) -> dict[str, Any] | None:
    """CONTRACT's JSON. `kinds`: the rule kind of each feature; `whole`: columns of whole numbers."""
    groups = []
    for box in boxes:
        conditions = [one for bound in box for one in _conditions(bound, columns, kinds, whole)]
        if conditions:
            groups.append({"all": conditions})
    if not groups:
        return None
    return groups[0] if len(groups) == 1 else {"any": groups}


def measure(
    rule: dict[str, Any], inside: npt.NDArray[np.int64], *, as_of: date | None = None
) -> Claim | None:
    """Ask the database for the people of the rule; `inside` are the ids of the cluster, ascending.

    Within `features.aside` of the same day. None where the rule cannot be asked.
    """
    try:
        found = audience.live(rule, as_of=as_of)
    except InvalidRule:
        return None
    rows = found.order_by().values_list("pk", flat=True).iterator(chunk_size=CHUNK)
    claimed = np.fromiter(rows, dtype=np.int64)
    hits = int(np.isin(claimed, inside).sum())
    return Claim(rule, len(claimed), hits / max(len(claimed), 1), hits / max(len(inside), 1))


def in_words(rule: dict[str, Any] | None) -> str:
    """The rule as a sentence in the reader's language; "" where it cannot be read any more."""
    if not rule:
        return ""
    try:
        return sentence(parse(rule))
    except InvalidRule:
        return ""


def _conditions(
    bound: Bound, columns: Sequence[Column], kinds: dict[str, str], whole: Sequence[bool]
) -> list[dict[str, Any]]:
    column = columns[bound.column]
    if column.kind == NUMBER:
        return _number(bound, column.feature, whole=whole[bound.column])
    return [_category(column, columns, kinds[column.feature], is_it=bound.low is not None)]


def _number(bound: Bound, name: str, *, whole: bool) -> list[dict[str, Any]]:
    low, high = bound.low, bound.high
    if whole and low is not None and high is not None and low == high - 1:
        return [{"field": name, "op": "is", "value": _plain(low)}]
    if whole and low is not None and high is not None:
        return [{"field": name, "op": "between", "value": [_plain(low), _plain(high - 1)]}]
    found = []
    if low is not None:
        found.append({"field": name, "op": ">=", "value": _plain(low)})
    if high is not None:
        op, edge = ("<=", high - 1) if whole else ("<", high)
        found.append({"field": name, "op": op, "value": _plain(edge)})
    return found


def _category(column: Column, columns: Sequence[Column], kind: str, *, is_it: bool) -> dict[str, Any]:
    name = column.feature
    if column.kind == UNKNOWN:
        return {"field": name, "op": "unknown" if is_it else "known"}
    if column.kind == OTHER:
        named = [one.value for one in columns if one.feature == name and one.value]
        others = {"all": [{"field": name, "op": "known"}, {"field": name, "op": "not_in", "value": named}]}
        return others if is_it else {"not": others}
    value: Any = column.value == "yes" if kind == "yes_no" else column.value
    return {"field": name, "op": "is" if is_it else "is_not", "value": value}


def _plain(value: float) -> int | float:
    return int(value) if value == int(value) else value
