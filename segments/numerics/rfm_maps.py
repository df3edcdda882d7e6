"""Maps from RFM scores to names: published ones, and the check that a map covers every cell exactly once.

A map is a table of codes, row by row. Its kind says what rows and columns are:

- "rf": recency 1–5 × frequency 1–5.
- "rv": recency 1–5 × the mean of frequency and money, rounded up to 1–5.
- "middle": recency worse or better than the middle × (little of both, money only, orders only, both).

Sources: "ten" is the widely used segmentation over recency × frequency. "eleven" and "six" bear the names
that Shopify and Klaviyo publish with their meanings; neither publishes limits, so the cells are ours. "eight"
are the Chinese classes 111 to 000 (recency, frequency, money; 1 is better than the middle).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass
from enum import StrEnum

import numpy as np
import numpy.typing as npt

LEVELS = 5

type Rectangle = tuple[int, int, int, int]  # Lowest and highest row, lowest and highest column, from 1.
type Table = tuple[tuple[str, ...], ...]
type Numbers = npt.NDArray[np.int64]


class Kind(StrEnum):
    RF = "rf"
    RV = "rv"
    MIDDLE = "middle"


SHAPES = {Kind.RF: (LEVELS, LEVELS), Kind.RV: (LEVELS, LEVELS), Kind.MIDDLE: (2, 4)}
TEN: dict[str, Rectangle] = {
    "champions": (5, 5, 4, 5),
    "loyal": (3, 4, 4, 5),
    "potential_loyalists": (4, 5, 2, 3),
    "new": (5, 5, 1, 1),
    "promising": (4, 4, 1, 1),
    "need_attention": (3, 3, 3, 3),
    "about_to_sleep": (3, 3, 1, 2),
    "at_risk": (1, 2, 3, 4),
    "cant_lose": (1, 2, 5, 5),
    "hibernating": (1, 2, 1, 2),
}
ELEVEN: dict[str, Rectangle] = {  # The eleventh are those who have not bought: no cell.
    "champions": (5, 5, 4, 5),
    "loyal": (3, 4, 4, 5),
    "active": (4, 5, 3, 3),
    "new": (5, 5, 1, 2),
    "promising": (4, 4, 1, 2),
    "need_attention": (3, 3, 1, 3),
    "at_risk": (2, 2, 3, 5),
    "previously_loyal": (1, 1, 3, 5),
    "almost_lost": (2, 2, 1, 2),
    "dormant": (1, 1, 1, 2),
}
SIX: dict[str, Rectangle] = {
    "champions": (5, 5, 4, 5),
    "loyal": (3, 4, 4, 5),
    "recent": (4, 5, 1, 3),
    "need_attention": (3, 3, 1, 3),
    "at_risk": (1, 2, 3, 5),
    "inactive": (1, 2, 1, 2),
}
EIGHT: dict[str, Rectangle] = {
    "important_value": (2, 2, 4, 4),
    "important_growth": (2, 2, 2, 2),
    "important_keep": (1, 1, 4, 4),
    "important_win_back": (1, 1, 2, 2),
    "general_value": (2, 2, 3, 3),
    "general_growth": (2, 2, 1, 1),
    "general_keep": (1, 1, 3, 3),
    "general_win_back": (1, 1, 1, 1),
}
MAPS = {"ten": TEN, "eleven": ELEVEN, "six": SIX, "eight": EIGHT}
KINDS = {"ten": Kind.RF, "eleven": Kind.RV, "six": Kind.RV, "eight": Kind.MIDDLE, "own": Kind.RF}
NOT_YET = {"eleven": "prospects"}  # What a map calls those who have not bought.


class Uncovered(ValueError):
    """A map that does not name every cell exactly once; cells are (row, column) from 1."""

    def __init__(self, missing: list[tuple[int, int]], doubled: dict[tuple[int, int], list[str]]) -> None:
        self.missing, self.doubled = missing, doubled
        parts = [f"{' and '.join(codes)} both claim {cell}" for cell, codes in doubled.items()]
        parts += [f"{cell} is without a name" for cell in missing]
        super().__init__("; ".join(parts))


@dataclass(frozen=True, slots=True)
class Map:
    """`table[row − 1][column − 1]` is a code; `not_yet` the code of those without a purchase, if any."""

    name: str
    kind: Kind
    table: Table
    not_yet: str = ""

    @property
    def codes(self) -> list[str]:
        """All codes: published maps in their own order, an own map from the best cell down."""
        if self.name in MAPS:
            return [*MAPS[self.name], *([self.not_yet] if self.not_yet else [])]
        return list(dict.fromkeys(code for row in reversed(self.table) for code in reversed(row)))

    def cell(self, recency: int, frequency: int, monetary: int) -> tuple[int, int]:
        """Row and column from 1 of these scores, for the kinds that go by scores."""
        return recency, frequency if self.kind is Kind.RF else worth(frequency, monetary)

    def name_all(self, rows: Numbers, columns: Numbers) -> npt.NDArray[np.str_]:
        """The code of each row and column, counted from 1."""
        return np.array(self.table)[rows - 1, columns - 1]


def published(name: str) -> Map:
    """A map by its name; KeyError for an unknown one, Uncovered for one with holes or overlaps."""
    claims = [
        (code, (row, column))
        for code, (r_low, r_high, c_low, c_high) in MAPS[name].items()
        for row in range(r_low, r_high + 1)
        for column in range(c_low, c_high + 1)
    ]
    kind = KINDS.get(name, Kind.RF)
    return Map(name, kind, covering(claims, kind), NOT_YET.get(name, ""))


def covering(claims: Iterable[tuple[str, tuple[int, int]]], kind: Kind = Kind.RF) -> Table:
    """The table that (code, cell) pairs fill; Uncovered names every cell that is missing or claimed twice."""
    rows, columns = SHAPES[kind]
    cells = [(row, column) for row in range(1, rows + 1) for column in range(1, columns + 1)]
    claims = list(claims)
    counted = Counter(cell for _code, cell in claims)
    missing = [cell for cell in cells if not counted[cell]]
    doubled = {cell: [code for code, at in claims if at == cell] for cell in cells if counted[cell] > 1}
    if missing or doubled:
        raise Uncovered(missing, doubled)
    found = {cell: code for code, cell in claims}
    return tuple(tuple(found[row, column] for column in range(1, columns + 1)) for row in range(1, rows + 1))


def worth[Score: (int, Numbers)](frequency: Score, monetary: Score) -> Score:
    """The mean of both scores, halves rounded up: 1 to 5."""
    return (frequency + monetary + 1) // 2
