"""Why somebody's chance differs from that of the middle customer."""

from __future__ import annotations

import numpy as np

from segments.numerics.lapse.fitting import Fitted
from segments.numerics.lapse.history import RAW, Floats

LEAST = 0.02  # Smaller differences are not worth a word.


def reasons(fitted: Fitted, known: Floats) -> list[tuple[str, float]]:
    """(name of RAW, how much it raises the chance) of one customer (RAW), the strongest first.

    A difference is what would be missing if only this number were that of the middle customer.
    """
    typical = fitted.typical
    swapped = np.tile(known, (len(RAW) + 1, 1))
    for place in range(len(RAW)):
        swapped[place + 1, place] = typical[place]
    if known[1] <= 1:  # Who bought once has no gap to compare.
        swapped[RAW.index("gap") + 1, RAW.index("gap")] = np.nan
    said = fitted.chance(swapped)
    found = [(name, float(said[0] - said[place + 1])) for place, name in enumerate(RAW)]
    return sorted((one for one in found if abs(one[1]) >= LEAST), key=lambda one: -abs(one[1]))
