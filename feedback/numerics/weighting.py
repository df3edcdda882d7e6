"""What the score would be had everybody answered, as far as groups tell it (post-stratification).

People who answer are no fair sample: some groups answer more often. Each group's own score is weighted by the
group's share of those asked. What differs within a group between who answers and who does not stays unknown.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import sqrt
from typing import Final

from feedback.numerics import scores
from feedback.numerics.scores import Z95, Score

LEAST: Final = 5  # Answers of a group below which it is put together with other thin ones.


@dataclass(frozen=True, slots=True)
class Stratum:
    """A group: how many were asked, and the score of those who answered (None when nobody did)."""

    name: str
    asked: int
    score: Score | None

    @property
    def answered(self) -> int:
        return self.score.n if self.score else 0

    @property
    def rate(self) -> float | None:
        return self.answered / self.asked if self.asked else None


@dataclass(frozen=True, slots=True)
class Weighted:
    """The weighted score in points with its 95 % interval; `silent` is the share of people of whom no group
    answered, who are left out of it."""

    value: float
    low: float
    high: float
    n: int
    silent: float


def estimate(strata: Sequence[Stratum]) -> Weighted | None:
    """Σ W·s over groups, W the share of those asked; variance Σ W²·SE² (Cochran 1977, chapter 5A)."""
    known = [one for one in strata if one.asked > 0]
    thick = [one for one in known if one.answered >= LEAST]
    thin = [one for one in known if one.answered < LEAST]
    spoken = [one.score for one in thin if one.score]
    together = scores.together(spoken)
    if together is not None and together.n >= LEAST:
        thick.append(Stratum("", sum(one.asked for one in thin if one.score), together))
    people = sum(one.asked for one in thick)
    if not people:
        return None
    value = variance = 0.0
    for one in thick:
        assert one.score
        share = one.asked / people
        value += share * one.score.value
        variance += (share * scores.standard_error(one.score)) ** 2
    half = Z95 * sqrt(variance)
    least = -100.0 if thick[0].score and thick[0].score.kind == "nps" else 0.0
    everybody = sum(one.asked for one in known)
    return Weighted(
        value,
        max(value - half, least),
        min(value + half, 100.0),
        sum(one.answered for one in thick),
        1 - people / everybody,
    )


def is_biased(strata: Sequence[Stratum]) -> bool:
    """Whether groups answer so unlike that chance would hardly make it (chi-square on answered or not)."""
    from scipy import stats

    told = [(one.answered, one.asked - one.answered) for one in strata if one.asked >= one.answered > 0]
    if len(told) < 2 or not sum(silent for _spoke, silent in told):
        return False
    return bool(stats.chi2_contingency(told).pvalue < 0.05)
