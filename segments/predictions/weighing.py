"""What a prediction looks at most: what would change if one feature were that of the middle customer."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

import numpy as np
import numpy.typing as npt

from segments.clusters.columns import NUMBER, Column

SAMPLE = 1000
MOST = 8
CLEAR = 0.3  # Rank correlation from which more of a number means a higher or a lower forecast.
type Floats = npt.NDArray[np.float64]


def weigh(
    say: Callable[[Floats], Floats], columns: Sequence[Column], values: Floats, typical: Floats
) -> list[dict[str, Any]]:
    """The strongest features: mean absolute change of what `say` says of `values` (n × columns, seeded part).

    `way` of a number: up, down or mixed; `top` of a category: the column whose people get the most from it.
    """
    some = values
    if len(values) > SAMPLE:
        some = values[np.sort(np.random.default_rng(1).choice(len(values), SAMPLE, replace=False))]
    said = say(some)
    found: list[dict[str, Any]] = []
    for feature in dict.fromkeys(one.feature for one in columns):
        places = [place for place, one in enumerate(columns) if one.feature == feature]
        swapped = some.copy()
        swapped[:, places] = typical[places]
        change = said - say(swapped)
        told = {"way": _way(some[:, places[0]], change)}
        if columns[places[0]].kind != NUMBER:
            told = {"top": columns[_top(some, places, change)].name}
        found.append({"feature": feature, "strength": float(np.abs(change).mean()), **told})
    strong = [one for one in found if one["strength"] > 0]
    return sorted(strong, key=lambda one: -one["strength"])[:MOST]


def _way(number: Floats, change: Floats) -> str:
    known = ~np.isnan(number)
    if known.sum() < 2 or not np.ptp(number[known]) or not np.ptp(change[known]):
        return "mixed"
    first, second = (np.argsort(np.argsort(one[known], kind="stable")) for one in (number, change))
    together = float(np.corrcoef(first, second)[0, 1])
    return "mixed" if abs(together) < CLEAR else "up" if together > 0 else "down"


def _top(values: Floats, places: Sequence[int], change: Floats) -> int:
    means = [
        change[values[:, place] == 1].mean() if (values[:, place] == 1).any() else -np.inf for place in places
    ]
    return places[int(np.argmax(means))]
