"""Which pairs are worth comparing: rows that share one of several keys, or stand near each other in order.

A block is compared whole only while it is small. A larger one (ten thousand people called Li Wei) is ordered
by everything else that is known and each row meets its next neighbours, so the work grows with the number of
rows, never with its square.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Final

import numpy as np
from numpy.typing import NDArray

from crm.duplicates.records import MISSING, Column, Records

type Pairs = NDArray[np.int64]  # One number per pair: lower row * rows + higher row.

SMALL: Final = 12  # A block up to this size is compared whole: 66 pairs at most.
NEAR: Final = 4  # In a larger block each row meets this many neighbours.
RARE: Final = 12  # An own field's value that more people share does not make a block of its own.


def candidates(records: Records) -> Pairs:
    """All candidate pairs, each once, in ascending order."""
    found = np.empty(0, dtype=np.int64)
    order = _everything(records)
    for key in _keys(records):
        found = np.union1d(found, _within(key, order))
    for text in _orders(records):
        found = np.union1d(found, _neighbours(text, len(records)))
    return found


def rows_of(pairs: Pairs, count: int) -> tuple[NDArray[np.int64], NDArray[np.int64]]:
    """The two rows of each pair."""
    return pairs // count, pairs % count


def _keys(records: Records) -> Iterator[NDArray[np.int64]]:
    """Arrays of block numbers, -1 for rows that have no such key."""
    columns = records.columns
    first, last, born = columns["first_name"], columns["last_name"], columns["birth_date"]
    yield _plain(columns["name"])
    yield _plain(columns["phone"])
    yield _derived(columns["email"], lambda text: text)
    yield _derived(columns["email"], _mailbox)
    yield _joined(_derived(last, _skeleton), _derived(first, lambda text: text[:1]))
    yield _joined(_derived(first, _skeleton), _derived(last, lambda text: text[:1]))
    yield _joined(_plain(born), _derived(last, lambda text: text[:2]))
    yield _joined(_plain(born), _derived(first, lambda text: text[:2]))
    yield _joined(_derived(born, lambda text: text[5:]), _derived(columns["name"], lambda text: text[:2]))
    yield _joined(_plain(columns["city"]), _derived(columns["name"], lambda text: text[:4]))
    for column in columns.values():
        if column.name.startswith("custom.") and column.kind != "choice":
            yield _rare(column)
            yield _joined(_plain(column), _derived(last, lambda text: text[:3]))
            yield _joined(_plain(column), _derived(first, lambda text: text[:3]))


def _orders(records: Records) -> Iterator[NDArray[np.int64]]:
    """Row numbers sorted by name, forwards and backwards: a typing error leaves one of the two ends alike."""
    for name in ("last_name", "first_name"):
        column = records.columns[name]
        other = records.columns["first_name" if name == "last_name" else "last_name"]
        for step in (1, -1):
            yield _sorted(column, other, step)


def _plain(column: Column) -> NDArray[np.int64]:
    return column.codes.astype(np.int64)


def _rare(column: Column) -> NDArray[np.int64]:
    keys = column.codes.astype(np.int64)
    if column.values:
        keys[(keys >= 0) & (column.counts[keys] > RARE)] = MISSING
    return keys


def _derived(column: Column, rule: Callable[[str], str]) -> NDArray[np.int64]:
    """The block of `rule(value)`; blank results make no block."""
    seen: dict[str, int] = {}
    blocks = (
        seen.setdefault(text, len(seen)) if (text := rule(value)) else MISSING for value in column.values
    )
    table = np.fromiter(blocks, dtype=np.int64, count=len(column.values))
    return np.where(column.codes >= 0, table[column.codes], MISSING) if len(table) else _plain(column)


def _joined(one: NDArray[np.int64], two: NDArray[np.int64]) -> NDArray[np.int64]:
    width = int(two.max(initial=0)) + 1
    return np.where((one >= 0) & (two >= 0), one * width + two, MISSING)


def _mailbox(address: str) -> str:
    """What stands before the @ without dots and what follows a plus: one person's habit across providers."""
    local = address.partition("@")[0].partition("+")[0].replace(".", "")
    return local if len(local) >= 5 else ""


def _skeleton(name: str) -> str:
    """Consonants without doubles: most slips of the pen touch vowels or double a letter."""
    kept = [sign for position, sign in enumerate(name) if position == 0 or sign not in "aeiouyhw "]
    return "".join(sign for position, sign in enumerate(kept) if position == 0 or sign != kept[position - 1])


def _everything(records: Records) -> NDArray[np.int64]:
    """Each row's place when everybody is ordered by birth date, then city, phone, e-mail, name."""
    names = ("name", "email", "phone", "city", "birth_date")
    ranks = [_rank(records.columns[name])[records.columns[name].codes] for name in names]
    place = np.empty(len(records), dtype=np.int64)
    place[np.lexsort(ranks)] = np.arange(len(records))
    return place


def _rank(column: Column, step: int = 1) -> NDArray[np.int64]:
    """The place of each value in the order of the alphabet; the last entry is that of a missing one."""
    order = sorted(range(len(column.values)), key=lambda code: column.values[code][::step])
    rank = np.full(len(order) + 1, len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    return rank


def _sorted(column: Column, other: Column, step: int) -> NDArray[np.int64]:
    rows = np.lexsort([_rank(other)[other.codes], _rank(column, step)[column.codes]])
    return rows[column.codes[rows] >= 0]


def _neighbours(rows: NDArray[np.int64], count: int) -> Pairs:
    found = [_numbered(rows[:-gap], rows[gap:], count) for gap in range(1, NEAR + 1)]
    return np.unique(np.concatenate(found))


def _within(keys: NDArray[np.int64], place: NDArray[np.int64]) -> Pairs:
    """Pairs of rows with equal keys: all in a small block, neighbours in a large one."""
    rows = np.lexsort([place, keys])
    rows = rows[keys[rows] >= 0]
    sizes = np.unique(keys[rows], return_counts=True)[1] if len(rows) else np.empty(0, dtype=np.int64)
    reach = np.repeat(np.where(sizes <= SMALL, SMALL, NEAR), sizes)
    found = []
    for gap in range(1, SMALL):
        same = (keys[rows[:-gap]] == keys[rows[gap:]]) & (reach[:-gap] >= gap) if gap < len(rows) else None
        if same is None or not (keys[rows[:-gap]] == keys[rows[gap:]]).any():
            break
        found.append(_numbered(rows[:-gap][same], rows[gap:][same], len(keys)))
    return np.unique(np.concatenate(found)) if found else np.empty(0, dtype=np.int64)


def _numbered(one: NDArray[np.int64], two: NDArray[np.int64], count: int) -> Pairs:
    return np.minimum(one, two) * count + np.maximum(one, two)
