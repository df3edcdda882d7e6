"""The hour at which somebody mostly reads mail, shrunk towards the group and the shop.

Clicks by hour are a multinomial with a Dirichlet prior. A person's share of hour h is the posterior mean

    (clicks_h + PRIOR * prior_h) / (clicks + PRIOR)

with the group's curve as prior; the group's own curve is shrunk to the shop's in the same way, and the shop's
to a flat day with its middle at DEFAULT. Below FEWEST clicks a person gets the hour of the group: with so
few, one late evening would decide. Curves are smoothed over the neighbouring hours, as a click at 9:55 speaks
for 10 o'clock as well.
"""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

HOURS = 24
PRIOR = 10.0  # Clicks that the prior is worth.
FEWEST = 5
DEFAULT = 10  # Where nobody ever clicked.

type Counts = NDArray[np.float64] | NDArray[np.int64]


def smoothed(counts: Counts) -> NDArray[np.float64]:
    """Each hour with a quarter of both neighbours, around midnight too; last axis: 24 hours."""
    values = np.asarray(counts, dtype=float)
    found: NDArray[np.float64] = (
        0.5 * values + 0.25 * np.roll(values, 1, axis=-1) + 0.25 * np.roll(values, -1, axis=-1)
    )
    return found


def flat() -> NDArray[np.float64]:
    """What is believed before any click: an even day, a little more at DEFAULT. Sums to 1."""
    curve = np.full(HOURS, 1.0)
    curve[DEFAULT] += 1.0
    curve /= curve.sum()
    return curve


def posterior(counts: Counts, prior: NDArray[np.float64]) -> NDArray[np.float64]:
    """Shares by hour, shape as `counts` (…, 24); `prior` (24,) sums to 1, and so does each answer."""
    values = smoothed(counts)
    total = values.sum(axis=-1, keepdims=True)
    shares: NDArray[np.float64] = (values + PRIOR * prior) / (total + PRIOR)
    return shares


def of_group(group: Counts, shop: Counts) -> int:
    """The hour for those of whom too little is known: by the group, shrunk to the shop."""
    return int(np.argmax(posterior(group, posterior(shop, flat()))))


def of_people(counts: Counts, group: Counts, shop: Counts) -> NDArray[np.int64]:
    """The hour of each person, shape (n,), from clicks by hour, shape (n, 24)."""
    prior = posterior(group, posterior(shop, flat()))
    found = np.argmax(posterior(counts, prior), axis=-1).astype(np.int64)
    few = np.asarray(counts).sum(axis=-1) < FEWEST
    found[few] = int(np.argmax(prior))
    return found
