"""Scores of surveys with honest intervals, from counts of answers.

Input is always {score: number of answers}; skipped answers (None) are never in the denominator. Values and
interval ends are in points: NPS −100..100, CSAT and CES 0..100 (percent of good answers).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from math import copysign, erfc, inf, sqrt
from typing import Final

Z95: Final = 1.959963984540054
FEW: Final = 30  # Below this the normal interval of an NPS is not to be trusted.
MINIMUM: Final = 5  # Below this a figure says more about chance than about customers.

# Lowest score that counts as good, and lowest that counts as middling.
BOUNDS: Final = {"nps": (9, 7), "csat": (4, 3), "ces": (5, 4)}
# The same for CSAT by the points of the scale: the best one of three, two of four to seven, three of ten.
CSAT_BOUNDS: Final = {3: (3, 2), 4: (3, 3), 5: (4, 3), 7: (6, 4), 10: (8, 6)}


@dataclass(frozen=True, slots=True)
class Score:
    """A score of `n` answers; `low` and `high` are the ends of its 95 % interval."""

    kind: str
    n: int
    value: float
    low: float
    high: float
    good: int  # Promoters, satisfied, easy.
    middle: int
    bad: int

    @property
    def is_enough(self) -> bool:
        return self.n >= MINIMUM

    @property
    def is_rough(self) -> bool:
        return self.n < FEW


@dataclass(frozen=True, slots=True)
class Difference:
    """How far `a` lies above `b` in points, with z and the two-sided p-value of no difference."""

    value: float
    low: float
    high: float
    z: float
    p_value: float


def bounds(kind: str, points: int = 5) -> tuple[int, int]:
    """Lowest good and lowest middling score; `points` are those of a CSAT scale."""
    if kind == "csat":
        return CSAT_BOUNDS.get(points) or (points - 1, points // 2 + 1)
    return BOUNDS[kind]


def score(kind: str, counts: Mapping[int | None, int], points: int = 5) -> Score | None:
    """The score of one kind of survey; None when nobody answered."""
    good_from, middle_from = bounds(kind, points)
    given = {value: count for value, count in counts.items() if value is not None}
    good = sum(count for value, count in given.items() if value >= good_from)
    bad = sum(count for value, count in given.items() if value < middle_from)
    n = sum(given.values())
    if not n:
        return None
    if kind == "nps":
        value = 100 * (good - bad) / n
        low, high = nps_interval(good, bad, n)
    else:
        value = 100 * good / n
        low, high = wilson(good, n)
    return Score(kind, n, value, low, high, good, n - good - bad, bad)


@dataclass(frozen=True, slots=True)
class Ease:
    """The three readings of CES 1–7 in use: mean, share of 5–7 in percent, and (6–7) − (1–3) in points."""

    n: int
    mean: float
    mean_low: float
    mean_high: float
    easy: float
    easy_low: float
    easy_high: float
    index: float
    index_low: float
    index_high: float


def ease(counts: Mapping[int | None, int]) -> Ease | None:
    """CES in its three readings, each with its interval; None when nobody answered."""
    given = {value: count for value, count in counts.items() if value is not None}
    n = sum(given.values())
    if not n:
        return None
    mean = sum(value * count for value, count in given.items()) / n
    spread = sum(count * (value - mean) ** 2 for value, count in given.items()) / max(n - 1, 1)
    half = Z95 * sqrt(spread / n)
    easy = sum(count for value, count in given.items() if value >= 5)
    up = sum(count for value, count in given.items() if value >= 6)
    down = sum(count for value, count in given.items() if value <= 3)
    return Ease(
        n,
        mean,
        max(mean - half, 1.0),
        min(mean + half, 7.0),
        100 * easy / n,
        *wilson(easy, n),
        100 * (up - down) / n,
        *nps_interval(up, down, n),
    )


def together(parts: Sequence[Score]) -> Score | None:
    """The score of several groups taken as one, all of one kind."""
    if not parts:
        return None
    return of_groups(
        parts[0].kind,
        sum(one.good for one in parts),
        sum(one.middle for one in parts),
        sum(one.bad for one in parts),
    )


def of_groups(kind: str, good: int, middle: int, bad: int) -> Score | None:
    """The score of so many good, middling and bad answers."""
    good_from, middle_from = bounds(kind)
    return score(kind, {good_from: good, middle_from: middle, middle_from - 1: bad})


def nps_interval(promoters: int, detractors: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Interval of a Net Promoter Score in points.

    An answer counts +1, 0 or −1, so its variance is p + d − (p − d)². From 30 answers on the normal interval
    is used unless it would be empty or leave the scale; otherwise the score interval (`paired_interval`).
    """
    value = 100 * (promoters - detractors) / n
    margin = z * nps_error(promoters, detractors, n)
    if n >= FEW and margin > 0 and value - margin >= -100 and value + margin <= 100:
        return value - margin, value + margin
    low, high = paired_interval(promoters, detractors, n, z)
    return 100 * low, 100 * high


def nps_error(promoters: int, detractors: int, n: int) -> float:
    """Standard error of an NPS in points."""
    p, d = promoters / n, detractors / n
    return 100 * sqrt(max(p + d - (p - d) ** 2, 0.0) / n)


def paired_interval(plus: int, minus: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Score interval of (plus − minus) / n, never outside −1..1.

    Tango, Statistics in Medicine 17 (1998): all differences that a score test would not refuse, found by
    halving. An NPS is the same quantity as the difference of paired proportions.
    """

    def statistic(delta: float) -> float:
        # Maximum-likelihood share of "minus" when the true difference is delta.
        a = 2 * n
        b = -plus - minus + (2 * n - plus + minus) * delta
        c = -minus * delta * (1 - delta)
        share = (sqrt(max(b * b - 4 * a * c, 0.0)) - b) / (2 * a)
        variance = n * (2 * share + delta * (1 - delta))
        distance = plus - minus - n * delta
        if variance <= 0:
            return 0.0 if distance == 0 else z * 10 * (1 if distance > 0 else -1)
        return distance / sqrt(variance)

    estimate = (plus - minus) / n
    low = _crossing(lambda delta: statistic(delta) > z, -1.0, estimate)
    high = _crossing(lambda delta: statistic(delta) >= -z, estimate, 1.0)
    return low, high


def _crossing(holds: Callable[[float], bool], low: float, high: float) -> float:
    """Where `holds` turns from true to false between `low` and `high`, by halving."""
    if holds(high):
        return high
    if not holds(low):
        return low
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if holds(middle) else (low, middle)
    return (low + high) / 2


def wilson(successes: int, n: int, z: float = Z95) -> tuple[float, float]:
    """Wilson's interval of a share, in percent (Wilson 1927)."""
    share = successes / n
    centre = (share + z * z / (2 * n)) / (1 + z * z / n)
    half = z * sqrt(share * (1 - share) / n + z * z / (4 * n * n)) / (1 + z * z / n)
    return 100 * max(centre - half, 0.0), 100 * min(centre + half, 1.0)


def standard_error(one: Score) -> float:
    """Standard error of a score in points; few answers get one more at each end, so that it is never zero."""
    extra = 1 if one.is_rough else 0
    n = one.n + 2 * extra
    if one.kind == "nps":
        return nps_error(one.good + extra, one.bad + extra, n)
    share = (one.good + extra) / n
    return 100 * sqrt(share * (1 - share) / n)


def difference(a: Score, b: Score) -> Difference:
    """Two independent groups compared: z = (a − b) / √(SE_a² + SE_b²)."""
    value = a.value - b.value
    error = sqrt(standard_error(a) ** 2 + standard_error(b) ** 2)
    if error == 0:
        return Difference(value, value, value, copysign(inf, value) if value else 0.0, float(value == 0))
    z = value / error
    return Difference(value, value - Z95 * error, value + Z95 * error, z, erfc(abs(z) / sqrt(2)))


def without(whole: Mapping[int | None, int], part: Mapping[int | None, int]) -> dict[int | None, int]:
    """The counts of everybody who is not in `part`."""
    return {value: count - part.get(value, 0) for value, count in whole.items()}
