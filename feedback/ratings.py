"""Which score a column that is called “Score” or “Rating” holds, told from its values."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from crm.imports.headers import plain
from feedback.numerics import scales

HEADERS: Final = ("score", "rating", "overallrating", "ratingscore", "stars", "评分", "打分", "得分", "星级")
_OUT_OF: Final = {10: "nps", 5: "csat", 7: "ces"}


def column_of(columns: Sequence[str]) -> str:
    """The column that is called so, "" for none."""
    headers = {plain(column): column for column in reversed(columns)}
    return next((headers[header] for header in HEADERS if header in headers), "")


def kind_of(values: Sequence[str]) -> str:
    """nps for a scale that goes beyond 5, csat for 1–5, "" where the values are no score."""
    cells = [one for one in values if one]
    found = [number for one in cells if (number := scales.number_of(one))]
    if not found:
        grades = [scales.grade_of(one, 5) for one in cells]
        return "csat" if grades and None not in grades else ""
    if 2 * len(found) <= len(cells):
        return ""
    if of := max(of for _value, of in found):
        return _OUT_OF.get(of, "")
    least, most = min(value for value, _of in found), max(value for value, _of in found)
    if least >= 0 and 5 < most <= 10:
        return "nps"
    return "csat" if least >= 1 and most <= 5 else ""
