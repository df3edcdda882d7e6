"""Pairs into groups of one person each, without chains: A like B and B like C does not make A like C."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Final

TOGETHER: Final = 0.8  # Two clusters join when all their pairs are on average this share of the threshold.
LARGEST: Final = 50  # Members of one group; more is a shared till, not a person.

type Pair = tuple[int, int]


@dataclass(frozen=True, slots=True)
class Group:
    """Rows that are one person; `pairs` are those that speak for it, the surest first."""

    members: tuple[int, ...]
    confidence: float
    pairs: tuple[Pair, ...]


def groups(pairs: Iterable[tuple[int, int, float]], *, threshold: float) -> list[Group]:
    """Join the surest pairs first; a cluster takes in another only when its members fit on the whole.

    A group's confidence is that of the weakest link that was needed to join it.
    """
    known = {(one, two): sure for one, two, sure in pairs if sure > 0}
    cluster: dict[int, list[int]] = {}
    weakest: dict[int, float] = {}
    speaking: dict[int, list[Pair]] = {}
    for (one, two), sure in sorted(known.items(), key=lambda item: (-item[1], item[0])):
        if sure < threshold:
            break
        left, right = cluster.get(one, [one]), cluster.get(two, [two])
        if left is right or len(left) + len(right) > LARGEST:
            continue
        between = [known.get((min(a, b), max(a, b)), 0.0) for a in left for b in right]
        if sum(between) < TOGETHER * threshold * len(between):
            continue
        joined = left + right
        first, second = left[0], right[0]
        weakest[joined[0]] = min(sure, weakest.get(first, 1.0), weakest.get(second, 1.0))
        speaking[joined[0]] = [*speaking.get(first, []), *speaking.get(second, []), (one, two)]
        cluster.update(dict.fromkeys(joined, joined))
    found = {id(members): members for members in cluster.values()}.values()
    made = [
        Group(tuple(sorted(members)), weakest[members[0]], tuple(speaking[members[0]])) for members in found
    ]
    return sorted(made, key=lambda group: (-group.confidence, group.members))
