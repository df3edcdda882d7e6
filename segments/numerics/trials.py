"""Experiments on shares: how many people they need, what they can show at all, and one honest look.

Sample size per arm, two-sided: n = [z(α/2)·√(2p̄(1−p̄)) + z(β)·√(p(1−p) + q(1−q))]² / (p−q)² (Fleiss 1981,
without continuity correction). Expected loss of choosing an arm: E[max θ] − E[θ_i] under uniform Beta priors.
Looking before the planned size finds winners that are none; `read` therefore says "early" until then.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from segments.numerics import comparing
from segments.numerics.late import late

stats = late("scipy.stats")

SURE, POWER = 0.95, 0.80
NODES = 4001
EARLY, UNFAIR, WINNER, ALIKE, SHORT = "early", "unfair", "winner", "alike", "short"


@dataclass(frozen=True, slots=True)
class Reading:
    """What a test says. `best` is the arm with the highest share, `rival` the one it is compared with: the
    most like it. `losses` are in points of the share, `p_value` is the largest after Holm's correction."""

    verdict: str
    best: int
    rival: int
    difference: float
    interval: tuple[float, float]
    p_value: float
    chances: list[float]
    losses: list[float]
    split_p: float


def sample_size(base: float, other: float, *, sure: float = SURE, power: float = POWER) -> int:
    """People per arm to tell two shares apart."""
    if not (0 <= base <= 1 and 0 <= other <= 1) or base == other:
        raise ValueError("two different shares between nought and one")
    middle = (base + other) / 2
    a: float = stats.norm.ppf((1 + sure) / 2) * math.sqrt(2 * middle * (1 - middle))
    b: float = stats.norm.ppf(power) * math.sqrt(base * (1 - base) + other * (1 - other))
    return math.ceil(((a + b) / (base - other)) ** 2)


def smallest_difference(base: float, per_arm: int, *, sure: float = SURE, power: float = POWER) -> float:
    """The smallest rise above `base` that so many people per arm can show; 1 − base when none."""
    low, high = 0.0, 1 - base
    if per_arm < 1 or high <= 0 or sample_size(base, 1.0, sure=sure, power=power) > per_arm:
        return max(high, 0.0)
    for _step in range(60):
        middle = (low + high) / 2
        if middle and sample_size(base, base + middle, sure=sure, power=power) <= per_arm:
            high = middle
        else:
            low = middle
    return high


def smallest_lift(base: float, treated: int, control: int) -> float:
    """The smallest lift that arms of unlike size can show: 2.8·√(p(1−p)(1/nT + 1/nC))."""
    reach = float(stats.norm.ppf((1 + SURE) / 2) + stats.norm.ppf(POWER))
    return reach * math.sqrt(base * (1 - base) * (1 / treated + 1 / control))


def expected_losses(successes: Sequence[int], trials: Sequence[int]) -> list[float]:
    """What choosing each arm costs on average, in points of the share, against the truly best one."""
    beliefs = [stats.beta(1 + x, 1 + n - x) for x, n in zip(successes, trials, strict=True)]
    low = min(float(one.ppf(1e-10)) for one in beliefs)
    high = max(float(one.ppf(1 - 1e-10)) for one in beliefs)
    points = np.linspace(low, high, NODES)
    below = np.prod([one.cdf(points) for one in beliefs], axis=0)
    best = low + float(np.trapezoid(1 - below, points))  # E[max] = ∫ (1 − ∏F) for a positive variable.
    return [max(0.0, best - float(one.mean())) for one in beliefs]


def read(
    successes: Sequence[int],
    trials: Sequence[int],
    *,
    planned: int,
    is_over: bool,
    meant: Sequence[float] | None = None,
) -> Reading:
    """The one look: at the planned size or when the planned time is over, whichever is first."""
    if min(trials) < 1:
        nothing = [1 / len(trials)] * len(trials)
        verdict = SHORT if is_over else EARLY
        return Reading(verdict, 0, 1, 0.0, (-1.0, 1.0), 1.0, nothing, [0.0] * len(trials), 1.0)
    rates = [x / n for x, n in zip(successes, trials, strict=True)]
    best = max(range(len(rates)), key=lambda arm: (rates[arm], -arm))
    others = [arm for arm in range(len(rates)) if arm != best]
    found = [
        comparing.shares((successes[arm], successes[best]), (trials[arm], trials[best])) for arm in others
    ]
    p_values = comparing.holm([one.p_value for one in found])
    closest = max(range(len(others)), key=lambda place: p_values[place])
    split_p = comparing.split_chance(trials, meant)[1]
    return Reading(
        _verdict(trials, planned, is_over, split_p, max(p_values)),
        best,
        others[closest],
        found[closest].difference,
        found[closest].interval,
        max(p_values),
        comparing.win_chances(successes, trials),
        expected_losses(successes, trials),
        split_p,
    )


def _verdict(trials: Sequence[int], planned: int, is_over: bool, split_p: float, p_value: float) -> str:
    complete = min(trials) >= planned
    if not (complete or is_over):
        return EARLY
    if split_p < comparing.UNFAIR:
        return UNFAIR
    if p_value <= 1 - SURE:
        return WINNER
    return ALIKE if complete else SHORT
