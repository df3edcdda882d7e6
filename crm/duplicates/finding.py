"""The whole way from customers to groups, in bounded memory: pairs are weighed by the hundred thousand."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import Final

import numpy as np

from crm.duplicates import blocking, comparing, grouping, weighing
from crm.duplicates.grouping import Group, Pair
from crm.duplicates.records import Records
from crm.duplicates.weighing import Weights
from crm.models import DifferentPeople

CHUNK: Final = 150_000
SHOWN: Final = 0.5  # Below this nobody is asked to look.
USUAL: Final = 0.7

type Reasons = list[tuple[str, int]]
type Progress = Callable[[int, int], object]


def _nothing(done: int, everything: int) -> None:
    """Nobody watches."""


@dataclass(slots=True)
class Found:
    """Groups of row numbers of `records`, and how many pairs were compared."""

    records: Records
    groups: list[Group]
    pairs: int
    compared: int
    reasons: dict[Pair, Reasons] = field(default_factory=dict)

    def ids(self, group: Group) -> list[int]:
        return [int(self.records.ids[row]) for row in group.members]

    def reasons_of(self, group: Group) -> Reasons:
        """What speaks for and against the weakest link of the group."""
        return self.reasons.get(group.pairs[-1], [])


def find(records: Records, *, threshold: float = USUAL, progress: Progress = _nothing) -> Found:
    """Compare everybody worth comparing; `progress(done, all)` is called after each part."""
    apart = told_apart(records)
    kept: list[tuple[int, int, float]] = []
    pairs = blocking.candidates(records) if len(records) > 1 else np.empty(0, dtype=np.int64)
    weights = weighing.learn(records)
    progress(0, len(pairs))
    for start, one, two in _chunks(pairs, len(records)):
        levels = comparing.compare(records, one, two)
        sure = weighing.weigh(records, weights, one, two, levels)
        likely = sure >= threshold * 0.3
        triples = zip(one[likely].tolist(), two[likely].tolist(), sure[likely].tolist(), strict=True)
        kept.extend((a, b, 0.0 if (a, b) in apart else value) for a, b, value in triples)
        progress(min(start + CHUNK, len(pairs)), len(pairs))
    _complete(records, weights, kept, apart, threshold)
    made = grouping.groups(kept, threshold=threshold)
    strong = sum(value >= threshold for _one, _two, value in kept)
    found = Found(records, made, strong, len(pairs))
    found.reasons = reasons(records, weights, [group.pairs[-1] for group in made])
    return found


def _chunks(pairs: blocking.Pairs, count: int) -> Iterator[tuple[int, comparing.Rows, comparing.Rows]]:
    for start in range(0, len(pairs), CHUNK):
        yield start, *blocking.rows_of(pairs[start : start + CHUNK], count)


def _complete(
    records: Records,
    weights: Weights,
    kept: list[tuple[int, int, float]],
    apart: set[Pair],
    threshold: float,
) -> None:
    """Weigh also those pairs of a possible group of three or more that no key brought together."""
    near: dict[int, set[int]] = {}
    seen = set()
    for first, second, value in kept:
        seen.add((first, second))
        if value >= threshold:
            near.setdefault(first, set()).add(second)
            near.setdefault(second, set()).add(first)
    open_ = {
        (min(a, b), max(a, b))
        for friends in near.values()
        if 2 <= len(friends) <= grouping.LARGEST
        for a in friends
        for b in friends
        if a != b
    } - seen
    rows = np.array(sorted(open_), dtype=np.int64).reshape(-1, 2)
    for start in range(0, len(rows), CHUNK):
        one, two = rows[start : start + CHUNK].T
        sure = weighing.weigh(records, weights, one, two, comparing.compare(records, one, two))
        triples = zip(one.tolist(), two.tolist(), sure.tolist(), strict=True)
        kept.extend((a, b, 0.0 if (a, b) in apart else value) for a, b, value in triples)


def told_apart(records: Records) -> set[Pair]:
    """Row numbers of pairs that somebody looked at and told apart."""
    row = {int(number): place for place, number in enumerate(records.ids.tolist())}
    said = DifferentPeople.objects.values_list("one_id", "other_id").iterator()
    both = ((row.get(one), row.get(other)) for one, other in said)
    return {(min(a, b), max(a, b)) for a, b in both if a is not None and b is not None}


def reasons(records: Records, weights: Weights, pairs: list[Pair]) -> dict[Pair, Reasons]:
    """Per pair the attributes that speak for it, the strongest first, then those that speak against."""
    if not pairs:
        return {}
    one, two = np.array(pairs, dtype=np.int64).T
    levels = comparing.compare(records, one, two)
    bits = {
        name: weighing.evidence(records.columns[name], weights, one, found) for name, found in levels.items()
    }
    told: dict[Pair, Reasons] = {}
    for place, pair in enumerate(pairs):
        known = [name for name in levels if levels[name][place] and abs(bits[name][place]) > 0.5]
        known.sort(key=lambda name: -float(bits[name][place]))
        told[pair] = [(name, int(levels[name][place])) for name in known]
    return told
