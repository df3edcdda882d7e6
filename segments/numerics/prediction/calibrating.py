"""Chances that hold what they say: a map from what a model says to what was seen.

Isotonic regression where there are well over a thousand cases, else Platt's sigmoid, which needs few.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import numpy as np
import numpy.typing as npt

from segments.numerics.late import late

steps = late("sklearn.isotonic")
linear_model = late("sklearn.linear_model")
special = late("scipy.special")

type Floats = npt.NDArray[np.float64]
type Flags = npt.NDArray[np.bool_]
ENOUGH_FOR_ISOTONIC = 2000
EDGE = 1e-6


@dataclass(frozen=True, slots=True)
class Calibration:
    """Straight lines between the knots (`says`, `means`), or a sigmoid with `slope` and `shift`."""

    says: Floats
    means: Floats
    slope: float = 1.0
    shift: float = 0.0

    def __call__(self, chance: Floats) -> Floats:
        """Calibrated chances (n)."""
        if len(self.says):
            return np.interp(chance, self.says, self.means)
        return np.asarray(special.expit(self.slope * _logit(chance) + self.shift))

    def as_json(self) -> dict[str, Any]:
        return {
            "says": self.says.tolist(),
            "means": self.means.tolist(),
            "slope": self.slope,
            "shift": self.shift,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Calibration:
        return cls(np.array(kept["says"]), np.array(kept["means"]), kept["slope"], kept["shift"])


NOTHING = Calibration(np.empty(0), np.empty(0))


def calibrate(chance: Floats, happened: Flags) -> Calibration:
    """Learn from chances (n) of people whom the model had not seen and what they did (n)."""
    if not 0 < int(happened.sum()) < len(happened):
        return NOTHING
    if min(int(happened.sum()), int((~happened).sum())) * 2 >= ENOUGH_FOR_ISOTONIC:
        return isotonic(chance, happened)
    found = linear_model.LogisticRegression(C=1e6).fit(_logit(chance)[:, None], happened)
    slope = float(found.coef_[0, 0])
    return Calibration(np.empty(0), np.empty(0), slope, float(found.intercept_[0])) if slope > 0 else NOTHING


def isotonic(says: Floats, happened: Flags) -> Calibration:
    """The rising steps that fit best; never quite 0 or 1, as nobody is sure."""
    found = steps.IsotonicRegression(out_of_bounds="clip").fit(says, happened)
    least = 1 / (len(says) + 2)
    return Calibration(found.X_thresholds_, np.clip(found.y_thresholds_, least, 1 - least))


def _logit(chance: Floats) -> Floats:
    return np.asarray(special.logit(np.clip(chance, EDGE, 1 - EDGE)))
