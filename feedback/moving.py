"""A score over a moving window: at each point the answers of the last so many days, with its interval."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from zoneinfo import ZoneInfo

import numpy as np
from django.db.models import Count
from django.db.models.functions import TruncDate

from feedback import measuring
from feedback.models import Answer, Survey
from feedback.numerics import scores
from feedback.numerics.scores import Score

WIDTHS = (30, 90)  # Days that may be chosen.
POINTS = 60  # At most so many are drawn.
TONES = {"good": 0, "middle": 1, "bad": 2}


@dataclass(frozen=True, slots=True)
class Window:
    """The answers of so many days up to and with `until`; None when nobody answered."""

    until: date
    score: Score | None


def of(survey: Survey, width: int, zone: ZoneInfo) -> list[Window]:
    """Only whole windows, the newest ending with the last answer."""
    rows = (
        Answer.objects.counted()
        .filter(survey=survey, score__isnull=False)
        .annotate(day=TruncDate("answered_at", tzinfo=zone))
        .values_list("day", "score")
        .annotate(n=Count("pk"))
        .order_by()
    )
    told = list(rows)
    if not told:
        return []
    first, last = min(day for day, _score, _n in told), max(day for day, _score, _n in told)
    span = (last - first).days + 1
    counts = np.zeros((span + 1, 3), dtype=np.int64)  # One line more, so that sums are differences.
    for day, score, n in told:
        counts[(day - first).days + 1, TONES[measuring.tone(survey, score)]] += n
    sums = counts.cumsum(axis=0)
    step = max(1, (span - width) // (POINTS - 1) + 1)
    ends = range(span, width - 1, -step)
    return [
        Window(first + timedelta(days=end - 1), _score(survey, sums[end] - sums[end - width]))
        for end in reversed(ends)
    ]


def before_last(windows: Sequence[Window], width: int) -> Score | None:
    """The last window that shares no day with the newest one."""
    edge = windows[-1].until - timedelta(days=width)
    return next((one.score for one in reversed(windows) if one.until <= edge), None)


def _score(survey: Survey, counts: np.ndarray) -> Score | None:
    return scores.of_groups(survey.kind, *map(int, counts))
