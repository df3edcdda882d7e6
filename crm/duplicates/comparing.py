"""How alike two rows are in each attribute: a small number per pair and column, for arrays at once."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from enum import IntEnum
from typing import Any, Final

import numpy as np
from numpy.typing import NDArray
from rapidfuzz import fuzz, process
from rapidfuzz.distance import OSA, JaroWinkler

from crm.duplicates.records import Column, Records

type Levels = NDArray[np.int8]
type Rows = NDArray[np.int64]


class Level(IntEnum):
    MISSING = 0  # Not known of one of the two: says nothing.
    EXACT = 1
    CLOSE = 2  # A slip of the pen.
    ALIKE = 3  # An initial, a short form, two parts of three.
    DIFFERENT = 4
    SWAPPED = 5  # First name in the place of the last name.


CLOSE_NAMES: Final = 0.92  # Jaro-Winkler similarity of two spellings of one name.
ALIKE_NAMES: Final = 0.84
CLOSE_WORDS: Final = 88.0  # Of 100: the same words in another order, or one misspelt.


def compare(records: Records, one: Rows, two: Rows) -> dict[str, Levels]:
    """{column: level of each pair}; the parts of a name are looked at together."""
    levels = {
        name: _levels(column, column.codes[one], column.codes[two])
        for name, column in records.columns.items()
        if name != "name" and len(column.values)
    }
    _unite_names(records, one, two, levels)
    return levels


def _levels(column: Column, one: NDArray[np.int32], two: NDArray[np.int32]) -> Levels:
    found = np.full(len(one), Level.DIFFERENT, dtype=np.int8)
    found[(one < 0) | (two < 0)] = Level.MISSING
    found[(one >= 0) & (one == two)] = Level.EXACT
    open_ = np.flatnonzero(found == Level.DIFFERENT)
    if column.kind == "choice" or not len(open_):
        return found
    low, high = np.minimum(one[open_], two[open_]), np.maximum(one[open_], two[open_])
    numbered, back = np.unique(low.astype(np.int64) * len(column.values) + high, return_inverse=True)
    left = [column.values[code] for code in numbered // len(column.values)]
    right = [column.values[code] for code in numbered % len(column.values)]
    found[open_] = _RULES[column.kind](left, right)[back]
    return found


def _unite_names(records: Records, one: Rows, two: Rows, levels: dict[str, Levels]) -> None:
    """The same words in other places are the same name."""
    first, last, whole = (records.columns[name] for name in ("first_name", "last_name", "name"))
    for name in ("first_name", "last_name"):
        levels.setdefault(name, np.zeros(len(one), dtype=np.int8))
    names, others = whole.codes[one], whole.codes[two]
    same = (names >= 0) & (names == others) & (levels["first_name"] != Level.EXACT)
    apart = (levels["first_name"] >= Level.ALIKE) & (levels["last_name"] >= Level.ALIKE) & ~same
    rows = np.flatnonzero(apart)
    if len(rows):
        crossed = _crossed(first, last, one[rows], two[rows])
        same[rows[crossed]] = True
    levels["first_name"][same] = Level.SWAPPED
    levels["last_name"][same] = Level.SWAPPED


def _crossed(first: Column, last: Column, one: Rows, two: Rows) -> NDArray[np.bool_]:
    """Is the first name of each row much like the last name of the other?"""
    texts = [
        [column.values[code] for code in column.codes[rows]]
        for column, rows in ((first, one), (last, two), (last, one), (first, two))
    ]
    long = np.array([min(map(len, four)) for four in zip(*texts, strict=True)]) >= 2
    return long & (_alike(texts[0], texts[1]) >= CLOSE_NAMES) & (_alike(texts[2], texts[3]) >= CLOSE_NAMES)


def _names(left: Sequence[str], right: Sequence[str]) -> Levels:
    """Close: one slip; alike: an initial, a beginning (Alex, Alexander) or much the same sound of letters."""
    slips, likeness = _slips(left, right), _alike(left, right)
    shorter = np.minimum(_lengths(left), _lengths(right))
    latin = np.array([a.isascii() and b.isascii() for a, b in zip(left, right, strict=True)])
    begins = np.array([_begins(a, b) for a, b in zip(left, right, strict=True)])
    enough = shorter >= np.where(latin, 3, 4)
    found = np.full(len(left), Level.DIFFERENT, dtype=np.int8)
    found[begins | (enough & (likeness >= ALIKE_NAMES))] = Level.ALIKE
    found[enough & ((slips <= 1) | (likeness >= CLOSE_NAMES))] = Level.CLOSE
    return found


def _begins(one: str, two: str) -> bool:
    """An initial, or a short form of three letters or more."""
    short, long = sorted((one, two), key=len)
    return long.startswith(short) and (len(short) >= 3 or len(short) == 1)


def _texts(left: Sequence[str], right: Sequence[str]) -> Levels:
    found = _names(left, right)
    words = process.cpdist(left, right, scorer=fuzz.token_sort_ratio, workers=2)
    found[(found == Level.DIFFERENT) & (words >= CLOSE_WORDS)] = Level.ALIKE
    return found


def _numbers(left: Sequence[str], right: Sequence[str]) -> Levels:
    found = np.full(len(left), Level.DIFFERENT, dtype=np.int8)
    enough = np.minimum(_lengths(left), _lengths(right)) >= 4
    found[enough & (_slips(left, right) <= 1)] = Level.CLOSE
    return found


def _dates(left: Sequence[str], right: Sequence[str]) -> Levels:
    """Close: one digit, or day and month in each other's place; alike: two of year, month and day."""
    found = np.full(len(left), Level.DIFFERENT, dtype=np.int8)
    for place, (one, two) in enumerate(zip(left, right, strict=True)):
        parts, others = _parts(one), _parts(two)
        if sum(a == b for a, b in zip(parts, others, strict=False)) >= 2:
            found[place] = Level.ALIKE
        if len(parts) == 3 and parts[0] == others[0] and parts[1:] == others[:0:-1]:
            found[place] = Level.CLOSE
    found[_slips(left, right) <= 1] = Level.CLOSE
    return found


def _parts(text: str) -> list[str]:
    return text.replace(" ", "-").split("-")


def _emails(left: Sequence[str], right: Sequence[str]) -> Levels:
    """Close: one slip; alike: the same mailbox name with another provider."""
    found = np.full(len(left), Level.DIFFERENT, dtype=np.int8)
    boxes = ((a.partition("@")[0], b.partition("@")[0]) for a, b in zip(left, right, strict=True))
    found[np.array([a == b and len(a) >= 5 for a, b in boxes], dtype=bool)] = Level.ALIKE
    found[_slips(left, right) <= 1] = Level.CLOSE
    return found


def _slips(left: Sequence[str], right: Sequence[str]) -> NDArray[Any]:
    """Letters added, lost, changed or exchanged with their neighbour; 3 stands for more than two."""
    return process.cpdist(left, right, scorer=OSA.distance, score_cutoff=2, workers=2)


def _alike(left: Sequence[str], right: Sequence[str]) -> NDArray[Any]:
    return process.cpdist(left, right, scorer=JaroWinkler.similarity, workers=2)


def _lengths(texts: Sequence[str]) -> NDArray[np.int64]:
    return np.fromiter(map(len, texts), dtype=np.int64, count=len(texts))


_RULES: Final[dict[str, Callable[[Sequence[str], Sequence[str]], Levels]]] = {
    "first": _names,
    "last": _names,
    "email": _emails,
    "phone": _numbers,
    "number": _numbers,
    "date": _dates,
    "text": _texts,
}
