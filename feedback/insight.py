"""The voice of the customer: how it stands, what is wrong, for whom, since when, what to do."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

import numpy as np
from django.db.models import Count, QuerySet

from feedback import breakdowns, reports, texts, voices
from feedback.models import Answer, Mention, Remark, Survey, Theme
from feedback.numerics import drivers, scores, shares
from feedback.numerics.drivers import Driver
from feedback.numerics.scores import Difference, Score
from feedback.numerics.shares import Gap
from feedback.voices import Heard, Voice
from segments.models import Segment

LOOKED_AT: Final = 50_000  # Answers that drivers are computed from, the latest first.


@dataclass(frozen=True, slots=True)
class Trouble:
    """A topic that hurts: whom it hurts more than others, and the month from which it was spoken of more."""

    voice: Voice
    segment: Segment | None
    segment_gap: Gap | None
    since: datetime | None


@dataclass(frozen=True, slots=True)
class Insight:
    """What one survey says about `start` to `end`, against as much time before."""

    start: datetime
    end: datetime
    score: Score | None
    before: Score | None
    difference: Difference | None
    heard: Heard
    trouble: Trouble | None
    also: list[Voice]  # The next topics with complaints.
    joy: Voice | None
    drivers: list[Driver]

    @property
    def has_moved(self) -> bool:
        return self.difference is not None and self.difference.p_value < 0.05


def of(
    survey: Survey, answers: QuerySet[Answer], start: datetime, end: datetime, *, zone: object, language: str
) -> Insight:
    """`answers` are those that the reader may see."""
    days = max((end - start).days, 1)
    now_score = breakdowns.score_of(survey, breakdowns.since(start, answers, end))
    before = breakdowns.score_of(survey, breakdowns.since(start - timedelta(days=days), answers, start))
    is_enough = now_score is not None and before is not None and now_score.is_enough and before.is_enough
    heard = voices.heard(answers, survey, days, end)
    remarks = voices.between(answers, start, end)
    worst = _worst(heard.voices)
    hurting = worst[0] if worst else None
    joy = max(
        (one for one in heard.voices if one is not hurting), key=lambda one: one.moods["good"], default=None
    )
    if joy and not joy.moods["good"]:
        joy = None
    if joy:
        joy.quotes = voices.of_theme(joy.theme, remarks, mood="good", count=2)
    return Insight(
        start,
        end,
        now_score,
        before,
        scores.difference(now_score, before) if is_enough and now_score and before else None,
        heard,
        _trouble(hurting, answers, remarks, end, zone) if hurting else None,
        worst[1:],
        joy,
        of_survey(survey, answers, language),
    )


def _worst(found: Sequence[Voice]) -> list[Voice]:
    """The three topics with most complaints; where the score is known to suffer, that weighs more."""

    def harm(one: Voice) -> float:
        pull = -one.impact.value if one.impact and one.is_clear and one.impact.value < 0 else 0.0
        return one.moods["bad"] * (1 + pull / 50)

    enough = [one for one in found if one.moods["bad"] >= scores.MINIMUM]
    return sorted(enough, key=harm, reverse=True)[:3]


def _trouble(
    voice: Voice, answers: QuerySet[Answer], remarks: QuerySet[Remark], end: datetime, zone: object
) -> Trouble:
    voice.quotes = voices.of_theme(voice.theme, remarks, mood="bad", count=3)
    segment, gap = _whom(voice.theme, remarks)
    starts = reports.recent_months(end - timedelta(seconds=1), zone, 12)  # type: ignore[arg-type]
    return Trouble(voice, segment, gap, _since(voices.by_month(voice.theme, answers, starts), starts))


def _whom(theme: Theme, remarks: QuerySet[Remark]) -> tuple[Segment | None, Gap | None]:
    """The segment whose comments clearly complain of it more often than the others' do."""
    path = "answer__customer__memberships"
    members = remarks.filter(**{f"{path}__left_at": None, f"{path}__isnull": False})
    of_each = dict(members.values_list(f"{path}__segment").annotate(n=Count("pk")).order_by())
    with_it = Mention.objects.filter(theme=theme, remark__in=members.filter(mood="bad"))
    bad = dict(
        members.filter(mood="bad", pk__in=with_it.values("remark"))
        .values_list(f"{path}__segment")
        .annotate(n=Count("pk"))
        .order_by()
    )
    total = remarks.count()
    complaints = remarks.filter(mood="bad", mentions__theme=theme).count()
    best: tuple[int, Gap] | None = None
    for key, of_all in of_each.items():
        mine = shares.share(bad.get(key, 0), of_all)
        rest = shares.share(complaints - bad.get(key, 0), total - of_all)
        if mine and rest and bad.get(key, 0) >= scores.MINIMUM:
            gap = shares.gap(mine, rest)
            if gap.low > 0 and (best is None or gap.value > best[1].value):
                best = key, gap
    if best is None:
        return None, None
    return Segment.objects.filter(pk=best[0]).first(), best[1]


def _since(months: Sequence[tuple[int, int]], starts: Sequence[datetime]) -> datetime | None:
    """The month from which on the topic is clearly spoken of more than before; None when it was always so."""
    best: tuple[float, datetime] | None = None
    for at in range(1, len(months)):
        before = shares.share(sum(n for n, _of in months[:at]), sum(of for _n, of in months[:at]))
        after = shares.share(sum(n for n, _of in months[at:]), sum(of for _n, of in months[at:]))
        if before and after and before.of >= scores.FEW and after.of >= scores.FEW:
            gap = shares.gap(after, before)
            if gap.low > 0.02 and (best is None or gap.value > best[0]):
                best = gap.value, starts[at]
    return best[1] if best else None


def of_survey(survey: Survey, answers: QuerySet[Answer], language: str) -> list[Driver]:
    """Which other questions and topics move the score of a survey."""
    asked = [one for one in survey.questions.all() if one.kind in one.SCORES]
    told = answers.filter(survey=survey).exclude(score=None).order_by("-answered_at", "-pk")
    rows = list(told.values_list("pk", "score", "values")[:LOOKED_AT])
    themes = list(Theme.objects.filter(is_hidden=False))
    if not rows or not (asked or themes):
        return []
    at = {pk: place for place, (pk, _score, _values) in enumerate(rows)}
    table = np.full((len(rows), len(asked) + len(themes)), np.nan)
    for place, (_pk, _score, values) in enumerate(rows):
        for column, question in enumerate(asked):
            given = values.get(question.key) if isinstance(values, dict) else None
            if isinstance(given, int) and not isinstance(given, bool):
                table[place, column] = given
    _mark_topics(table[:, len(asked) :], at, themes, survey)
    names = [texts.label(one, language) for one in asked] + [str(one) for one in themes]
    return drivers.drivers(names, table, np.array([score for _pk, score, _values in rows], dtype=float))


def _mark_topics(table: np.ndarray, at: dict[int, int], themes: Sequence[Theme], survey: Survey) -> None:
    """0 where nothing is said of a topic, 1 where it is spoken of; unknown without a comment."""
    column = {one.pk: place for place, one in enumerate(themes)}
    read = Remark.objects.filter(answer__survey=survey).values_list("pk", flat=True)
    for pk in read.iterator(chunk_size=10_000):
        if pk in at:
            table[at[pk]] = 0.0
    said = Mention.objects.filter(remark__answer__survey=survey).values_list("remark", "theme")
    for pk, theme in said.iterator(chunk_size=10_000):
        if pk in at and theme in column:
            table[at[pk], column[theme]] = 1.0
