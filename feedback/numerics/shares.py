"""Two shares compared."""

from __future__ import annotations

from dataclasses import dataclass
from math import sqrt

from feedback.numerics.scores import wilson


@dataclass(frozen=True, slots=True)
class Share:
    """`n` of `of`, with Wilson's 95 % interval; all as fractions."""

    n: int
    of: int
    value: float
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Gap:
    """How far one share lies above another (fractions), with its 95 % interval."""

    value: float
    low: float
    high: float

    @property
    def is_clear(self) -> bool:
        return self.low > 0 or self.high < 0


def share(n: int, of: int) -> Share | None:
    if not of:
        return None
    low, high = wilson(n, of)
    return Share(n, of, n / of, low / 100, high / 100)


def gap(a: Share, b: Share) -> Gap:
    """Newcombe's hybrid score interval (Statistics in Medicine 17, 1998, method 10)."""
    value = a.value - b.value
    low = value - sqrt((a.value - a.low) ** 2 + (b.high - b.value) ** 2)
    high = value + sqrt((a.high - a.value) ** 2 + (b.value - b.low) ** 2)
    return Gap(value, low, high)
