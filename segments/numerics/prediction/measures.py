"""How good chances and forecasts are: ranking, calibration, error.

Average precision and AUC as in scikit-learn; ECE over ten bins of equal counts; Brier score (1950).
"""

from __future__ import annotations

from typing import Any

import numpy as np
import numpy.typing as npt

from segments.numerics.late import late

metrics = late("sklearn.metrics")

type Floats = npt.NDArray[np.float64]
type Flags = npt.NDArray[np.bool_]
BINS = 10
HALF = 0.5
TOP = 0.1


def of_chances(chance: Floats, happened: Flags) -> dict[str, float | None]:
    """All measures of chances (n) against what happened (n); ranking needs both outcomes, else None."""
    both = 0 < int(happened.sum()) < len(happened)
    return {
        "auc": float(metrics.roc_auc_score(happened, chance)) if both else None,
        "average_precision": float(metrics.average_precision_score(happened, chance)) if both else None,
        "brier": brier(chance, happened),
        "ece": calibration_error(chance, happened),
        "top_decile_lift": lift(chance, happened),
    }


def of_decisions(chance: Floats, happened: Flags) -> dict[str, float]:
    """Precision, recall and F1 where a yes is said from a chance of one half on."""
    said = chance >= HALF
    hit = int((said & happened).sum())
    precision = hit / max(int(said.sum()), 1)
    recall = hit / max(int(happened.sum()), 1)
    total = precision + recall
    return {
        "precision": precision,
        "recall": recall,
        "f1": 2 * precision * recall / total if total else 0.0,
    }


def of_numbers(guess: Floats, actual: Floats) -> dict[str, float]:
    """r² against the mean, and the mean absolute error."""
    spread = float(((actual - actual.mean()) ** 2).sum())
    missed = float(((actual - guess) ** 2).sum())
    return {"r2": 1 - missed / spread if spread else 0.0, "mae": float(np.abs(actual - guess).mean())}


def brier(chance: Floats, happened: Flags) -> float:
    """Mean squared distance of the chance from 0 or 1."""
    return float(((chance - happened) ** 2).mean())


def calibration_error(chance: Floats, happened: Flags) -> float:
    """ECE: how far share and mean chance lie apart, in the mean over ten bins of equal counts."""
    return float(sum(n * abs(said - was) for n, said, was in tenths(chance, happened)) / max(len(chance), 1))


def tenths(chance: Floats, happened: npt.NDArray[Any]) -> list[tuple[int, float, float]]:
    """(customers, mean chance, share or mean that it was) of ten equal parts, the highest chances first."""
    order = np.argsort(-chance, kind="stable")
    parts = [one for one in np.array_split(order, BINS) if len(one)]
    return [(len(one), float(chance[one].mean()), float(happened[one].mean())) for one in parts]


def lift(chance: Floats, happened: npt.NDArray[Any], share: float = TOP) -> float | None:
    """How many times more often (or more) in the top tenth than in all; ties at its edge count in part."""
    mean = float(happened.mean()) if len(happened) else 0.0
    if mean <= 0:
        return None
    size = max(1, round(len(chance) * share))
    edge = np.sort(chance)[::-1][size - 1]
    above, tied = chance > edge, chance == edge
    found = float(happened[above].sum()) + float(happened[tied].mean()) * (size - int(above.sum()))
    return found / size / mean
