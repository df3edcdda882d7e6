"""The chance not to buy within a horizon, learned from windows of the past that are over.

Logistic regression and boosted trees are tried on customers they have not seen, in the latest window; the
better one by Brier score is calibrated there and then fitted to all.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from segments.numerics.lapse import columns
from segments.numerics.lapse.history import Flags, Floats, Ints, LooksAhead, Window
from segments.numerics.prediction import calibrating, learners, measures
from segments.numerics.prediction.calibrating import Calibration
from segments.numerics.prediction.models import Model

TRIED = (learners.LINEAR, learners.BOOSTING)
MOST_ROWS = 50_000
FEWEST = 200  # Customers in the latest window.
FEWEST_OF_EACH = 30  # Of them who came back, and who did not.
FOLDS = 3


class TooLittle(Exception):
    """Too few customers, or too few of one kind, to learn from: args are what there is."""


@dataclass(frozen=True, slots=True)
class Fitted:
    """`usual_gap` in days; `typical` what is known of the middle customer (RAW); `tried` Brier scores."""

    model: Model
    calibration: Calibration
    rule: Calibration
    usual_gap: float
    typical: Floats
    tried: dict[str, float]
    rows: int

    def chance(self, values: Floats) -> Floats:
        """The chance not to buy within the horizon of people as known (n × RAW)."""
        return self.calibration(self.model.predict(columns.learned_from(values, self.usual_gap)))

    def by_rule(self, values: Floats) -> Floats:
        """The same by the rule of thumb: how long the silence is in usual gaps, as a chance."""
        return self.rule(columns.silence_in_gaps(values, self.usual_gap))

    def as_json(self) -> dict[str, Any]:
        return {
            "model": self.model.as_json(),
            "calibration": self.calibration.as_json(),
            "rule": self.rule.as_json(),
            "usual_gap": self.usual_gap,
            "typical": self.typical.tolist(),
            "tried": self.tried,
            "rows": self.rows,
        }

    @classmethod
    def from_json(cls, kept: dict[str, Any]) -> Fitted:
        return cls(
            Model.from_json(kept["model"]),
            Calibration.from_json(kept["calibration"]),
            Calibration.from_json(kept["rule"]),
            kept["usual_gap"],
            np.array(kept["typical"]),
            kept["tried"],
            kept["rows"],
        )


def fit(windows: Sequence[Window], until: int, seed: int = 1) -> Fitted:
    """Learn from windows, the latest first, that were over by `until`; at most 50,000 rows are used."""
    late = [one for one in windows if one.closes > until]
    if late:
        raise LooksAhead(f"a window closes on day {late[0].closes}, after day {until}")
    _enough(windows)
    values, lapsed, who, turn = _rows(windows, seed)
    usual = columns.usual_gap(windows[0].frame.values)
    seen = columns.learned_from(values, usual)
    latest = turn == 0
    outside = {name: _unseen(name, seen, lapsed, who, latest, seed) for name in TRIED}
    tried = {name: measures.brier(said, lapsed[latest]) for name, said in outside.items()}
    best = min(TRIED, key=lambda name: tried[name])
    silence = columns.silence_in_gaps(values, usual)
    return Fitted(
        learners.fit(best, seen, lapsed, seed),
        calibrating.calibrate(outside[best], lapsed[latest]),
        calibrating.isotonic(silence[latest], lapsed[latest]),
        usual,
        np.nanmedian(values[latest], axis=0),
        tried,
        len(values),
    )


def _enough(windows: Sequence[Window]) -> None:
    count = len(windows[0].lapsed) if windows else 0
    gone = int(windows[0].lapsed.sum()) if windows else 0
    if count < FEWEST or min(gone, count - gone) < FEWEST_OF_EACH:
        raise TooLittle(count, gone, count - gone)


def _rows(windows: Sequence[Window], seed: int) -> tuple[Floats, Flags, Ints, Ints]:
    """Values, outcome, customer and number of the window of each row; a sample where there are many."""
    chance, most = np.random.default_rng(seed), MOST_ROWS // len(windows)
    found: list[tuple[Any, Any, Any, Any]] = []
    for turn, one in enumerate(windows):
        rows = np.arange(len(one.lapsed))
        if len(rows) > most:
            rows = np.sort(chance.choice(rows, most, replace=False))
        part = one.frame.taken(rows)
        found.append((part.values, one.lapsed[rows], part.who, np.full(len(rows), turn)))
    return tuple(np.concatenate(parts) for parts in zip(*found, strict=True))  # type: ignore[return-value]


def _unseen(name: str, seen: Floats, lapsed: Flags, who: Ints, latest: Flags, seed: int) -> Floats:
    """What the learner says of the latest window when it has not seen the customer in any."""
    fold = np.random.default_rng(seed).integers(0, FOLDS, int(who.max()) + 1)[who]
    said = np.zeros(len(seen))
    for number in range(FOLDS):
        others = fold != number
        mine = ~others & latest
        said[mine] = learners.fit(name, seen[others], lapsed[others], seed).predict(seen[mine])
    return said[latest]
