"""The days between which four in five customers like this one buy next, if they do."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta

import numpy as np
import numpy.typing as npt

from crm.models import Business, Customer
from segments import purchase_days
from segments.numerics import gaps
from segments.numerics.gaps import Gaps
from segments.numerics.value import forecast
from segments.numerics.value.histories import Floats
from segments.value.estimating import UNITS, Estimate

ENDS = ((1 - gaps.COVERED) / 2, (1 + gaps.COVERED) / 2)
SAMPLED = 50_000  # Customers that gaps are learned from.
SHORTEST_WINDOW, LONGEST_WINDOW = 14, 365  # Days.
LONGEST_DAYS = 3650  # Further ahead no day is named.

type Flags = npt.NDArray[np.bool_]


def learn(until: date, business: Business) -> Gaps | None:
    """From the last third of what is known: who came back in it, of all customers or an even part of many."""
    found = purchase_days.span(business, until)
    ahead = min(LONGEST_WINDOW, (until - found[0]).days // 3) if found else 0
    if ahead < SHORTEST_WINDOW:
        return None
    every = max(1, -(-Customer.objects.count() // SAMPLED))
    past = purchase_days.came_back(until - timedelta(days=ahead), until, business, (every, 0))
    return gaps.learn(*past, ahead)


def ranges(made: Estimate, learned: Gaps | None, piece: slice, likely: Flags) -> Sequence[list[str | None]]:
    """The first and the last day of each customer in `piece` who is likely to come, as texts.

    By gaps; where too few are known, by the model of purchases.
    """
    ahead = _by_model(made, piece, likely) if learned is None else _by_gaps(made, learned, piece)
    wanted = likely & np.isfinite(ahead[-1]) & (ahead[-1] <= LONGEST_DAYS)
    return [_days(made.people.until, row, wanted) for row in ahead]


def _by_gaps(made: Estimate, learned: Gaps, piece: slice) -> list[Floats]:
    people = made.people
    count, silent = people.repeats[piece], (people.age - people.last)[piece].astype(np.float64)
    mean = people.last[piece] / np.maximum(count, 1)
    return list(gaps.ranges(learned, count, mean, silent))


def _by_model(made: Estimate, piece: slice, likely: Flags) -> list[Floats]:
    people = made.histories.taken(piece).taken(np.flatnonzero(likely))
    found = []
    for share in ENDS:
        row = np.full(len(likely), np.inf)
        row[likely] = forecast.next_purchase(made.params, people, share) * UNITS[made.wish.unit]
        found.append(row)
    return found


def _days(until: date, ahead: Floats, wanted: Flags) -> list[str | None]:
    """Days after `until`; the next purchase comes tomorrow at the earliest."""
    whole = np.maximum(1, np.ceil(np.where(wanted, ahead, 0))).astype(np.int64)
    texts = (np.datetime64(until) + whole).astype(str).tolist()
    return [text if one else None for text, one in zip(texts, wanted.tolist(), strict=True)]
