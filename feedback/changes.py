"""Before and after a day on which something changed: the score, and what is spoken about."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import Count, QuerySet

from feedback import breakdowns
from feedback.models import Answer, Mention, Survey, Theme
from feedback.numerics import scores, shares
from feedback.numerics.scores import Difference, Score
from feedback.numerics.shares import Gap

LONGEST = timedelta(days=180)


@dataclass(frozen=True, slots=True)
class Moved:
    """A topic whose share of the comments is clearly another than before."""

    theme: Theme
    before: float
    after: float
    gap: Gap


@dataclass(frozen=True, slots=True)
class Change:
    """As many days before the moment as after it. `difference` is None with too few answers on a side."""

    start: datetime
    moment: datetime
    end: datetime
    before: Score | None
    after: Score | None
    difference: Difference | None
    moved: list[Moved]

    @property
    def is_clear(self) -> bool:
        return self.difference is not None and self.difference.p_value < 0.05


def of(survey: Survey, answers: QuerySet[Answer], moment: datetime, end: datetime) -> Change | None:
    """None where the moment lies in the future."""
    if moment >= end:
        return None
    span = min(end - moment, LONGEST)
    start, end = moment - span, moment + span
    earlier = breakdowns.since(start, answers, moment)
    later = breakdowns.since(moment, answers, end)
    before, after = breakdowns.score_of(survey, earlier), breakdowns.score_of(survey, later)
    is_enough = before is not None and after is not None and before.is_enough and after.is_enough
    difference = scores.difference(after, before) if is_enough and before and after else None
    return Change(start, moment, end, before, after, difference, _moved(earlier, later))


def _moved(earlier: QuerySet[Answer], later: QuerySet[Answer]) -> list[Moved]:
    n, m = (part.filter(remark__isnull=False).count() for part in (earlier, later))
    if n < scores.FEW or m < scores.FEW:
        return []
    before, after = (_mentions(part) for part in (earlier, later))
    found = []
    for theme in Theme.objects.filter(is_hidden=False):
        a, b = shares.share(after.get(theme.pk, 0), m), shares.share(before.get(theme.pk, 0), n)
        assert a
        assert b
        gap = shares.gap(a, b)
        if gap.is_clear:
            found.append(Moved(theme, b.value, a.value, gap))
    return sorted(found, key=lambda one: -abs(one.gap.value))


def _mentions(answers: QuerySet[Answer]) -> dict[int, int]:
    rows = Mention.objects.filter(remark__answer__in=answers)
    return dict(rows.values_list("theme").annotate(n=Count("pk")).order_by())
