"""What a group has more often than everyone, beyond chance."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
import numpy.typing as npt

from segments.numerics.late import late
from segments.numerics.pairs import FEWEST, SURE, Floats, Ints, corrected

special = late("scipy.special")

LEAST = 1.1  # Less is nothing to go by, however sure.


@dataclass(frozen=True, slots=True)
class Lifts:
    """Per thing: its share in the group and among all (0 to 1), their ratio, and the corrected p-value."""

    share: Floats
    share_of_all: Floats
    lift: Floats
    q_value: Floats
    sure: npt.NDArray[np.bool_]


def lifts(count: Ints, size: int, count_of_all: Ints, size_of_all: int) -> Lifts:
    """Compare shares of people who have a thing; `count` of `size` in the group, the same among all.

    One-sided pooled z test of two shares, corrected for many things (Benjamini–Hochberg). The group is a part
    of all, which makes the test careful. `sure`: at least five people, a tenth more than all, q up to 5 %.
    """
    here, there = count / max(size, 1), count_of_all / max(size_of_all, 1)
    pooled = (count + count_of_all) / max(size + size_of_all, 1)
    spread = np.sqrt(pooled * (1 - pooled) * (1 / max(size, 1) + 1 / max(size_of_all, 1)))
    z = np.divide(here - there, spread, out=np.zeros(len(here)), where=spread > 0)
    q_value = corrected(1 - special.ndtr(z))
    lift = np.divide(here, there, out=np.full(len(here), np.inf), where=there > 0)
    return Lifts(here, there, lift, q_value, (count >= FEWEST) & (lift >= LEAST) & (q_value <= SURE))
