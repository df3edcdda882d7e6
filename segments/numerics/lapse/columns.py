"""What the learners see: the five numbers of a customer, made comparable between people and over time."""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

type Floats = npt.NDArray[np.float64]
COLUMNS = ("silence", "silence_in_gaps", "orders", "pace", "silence_of_age", "amount", "once")
SHRUNK_BY = 1.0  # Everybody's usual gap counts like so many own ones.


def usual_gap(values: Floats) -> float:
    """Everybody's usual days between two orders: the median of those who came back; 30 if nobody did."""
    gaps = values[:, 3]
    known = gaps[gaps > 0]
    return float(np.median(known)) if len(known) else 30.0


def own_gap(values: Floats, usual: float) -> Floats:
    """Each customer's days between orders, drawn towards everybody's (n); never below one."""
    repeats = np.maximum(values[:, 1] - 1, 0)
    spread = np.where(repeats > 0, np.nan_to_num(values[:, 3]) * repeats, 0.0)
    return np.maximum((spread + SHRUNK_BY * usual) / (repeats + SHRUNK_BY), 1.0)


def silence_in_gaps(values: Floats, usual: float) -> Floats:
    """The rule of thumb: days of silence as a multiple of the own usual gap, everybody's after one order."""
    gap = np.where(values[:, 3] > 0, values[:, 3], usual)
    return np.asarray(values[:, 0] / np.maximum(gap, 1.0))


def learned_from(values: Floats, usual: float) -> Floats:
    """COLUMNS (n × 7) from what is known of each (n × RAW).

    The age itself is none: in a young shop nobody was ever as old as customers are now.
    """
    recency, orders, age, _gap, amount = values.T
    gap = own_gap(values, usual)
    return np.column_stack(
        [
            np.log1p(np.maximum(recency, 0)),
            np.log1p(np.maximum(recency, 0) / gap),
            np.log(np.maximum(orders, 1)),
            np.log(gap),
            np.maximum(recency, 0) / (np.maximum(age, 0) + 1.0),
            np.log1p(np.maximum(amount, 0)),
            orders == 1,
        ]
    ).astype(np.float64)
