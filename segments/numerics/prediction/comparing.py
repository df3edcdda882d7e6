"""Which learner says best what it has not seen: all are judged by cross-validation on the same five parts."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segments.numerics.prediction import learners, measures

type Floats = npt.NDArray[np.float64]
type Tell = Callable[[int, int], None]
FOLDS = 5
SAME = 0.9995  # From here on a column says the target itself.


@dataclass(frozen=True, slots=True)
class Candidate:
    """A learner, how good it was, and what it said of each row when it had not seen it (n)."""

    name: str
    measured: dict[str, float | None]
    outside: Floats


def compare(values: Floats, target: npt.NDArray[Any], seed: int, tell: Tell) -> list[Candidate]:
    """Judge every learner; `target` (n) are flags or numbers, values n × columns (NaN unknown)."""
    fold = folds(target, seed)
    found = []
    for place, name in enumerate(learners.LEARNERS):
        outside = np.zeros(len(target))
        for number in range(FOLDS):
            tell(place * FOLDS + number, len(learners.LEARNERS) * FOLDS)
            mine = fold == number
            model = learners.fit(name, values[~mine], target[~mine], seed)
            outside[mine] = model.predict(values[mine])
        found.append(Candidate(name, _measured(outside, target), outside))
    return found


def best(found: Sequence[Candidate]) -> Candidate:
    """The one with the smallest error: Brier score of chances, else the highest r²."""
    if "brier" in found[0].measured:
        return min(found, key=lambda one: one.measured["brier"] or 0.0)
    return max(found, key=lambda one: one.measured["r2"] or 0.0)


def folds(target: npt.NDArray[Any], seed: int) -> npt.NDArray[np.int64]:
    """A part for each row (n), with the same share of each kind, or the same spread of numbers, in all."""
    rng = np.random.default_rng(seed)
    order = np.lexsort((rng.random(len(target)), target))
    found = np.empty(len(target), np.int64)
    found[order] = np.arange(len(target)) % FOLDS
    return found


def _measured(outside: Floats, target: npt.NDArray[Any]) -> dict[str, float | None]:
    if target.dtype != np.bool_:
        return {**measures.of_numbers(outside, target), "top_decile_lift": measures.lift(outside, target)}
    return {**measures.of_chances(outside, target), **measures.of_decisions(outside, target)}


def same_as(column: Floats, target: npt.NDArray[Any]) -> bool:
    """Whether a column (n, NaN unknown) tells the target itself, so that nothing would be foretold."""
    known = ~np.isnan(column)
    if known.sum() < 20:
        return False
    x, y = column[known], target[known].astype(np.float64)
    if np.ptp(x) == 0 or np.ptp(y) == 0:
        return False
    if target.dtype == np.bool_:
        yes, no = x[y == 1], x[y == 0]
        return bool(yes.min() > no.max() or yes.max() < no.min())
    return bool(abs(np.corrcoef(x, y)[0, 1]) >= SAME)
