"""Scores in time: a moving window that evens out thin months, and many comparisons judged fairly."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from feedback.numerics import scores
from feedback.numerics.scores import Score

type Counts = Mapping[int | None, int]


def moving(kind: str, tables: Sequence[Counts], width: int, points: int = 5) -> list[Score | None]:
    """The score of each period together with the `width` − 1 before it."""
    return [
        scores.score(kind, added(tables[max(at - width + 1, 0) : at + 1]), points)
        for at in range(len(tables))
    ]


def added(tables: Sequence[Counts]) -> dict[int | None, int]:
    """Counts of several groups taken as one."""
    total: dict[int | None, int] = {}
    for table in tables:
        for value, n in table.items():
            total[value] = total.get(value, 0) + n
    return total


def holm(p_values: Sequence[float]) -> list[float]:
    """p-values after Holm (1979): the chance of even one false alarm among all of them stays as stated."""
    order = sorted(range(len(p_values)), key=lambda at: p_values[at])
    fair = [1.0] * len(p_values)
    most = 0.0
    for rank, at in enumerate(order):
        most = max(most, min(1.0, (len(p_values) - rank) * p_values[at]))
        fair[at] = most
    return fair
