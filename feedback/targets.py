"""Targets of scores: the alarm rings once when a score is below its target beyond what chance would make."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.utils import translation
from django.utils.translation import gettext as _

from crm import webhooks
from crm.cases import notices
from crm.models import Business, Task
from feedback import breakdowns
from feedback.models import Answer, ScoreTarget
from feedback.numerics.scores import Score


def now_at(target: ScoreTarget, now: datetime) -> Score | None:
    since = now - timedelta(days=target.days)
    return breakdowns.score_of(target.survey, breakdowns.since(since, Answer.objects.counted()))


def is_below(target: ScoreTarget, score: Score | None) -> bool:
    """Even the upper end of the interval misses the target."""
    return score is not None and score.is_enough and score.high < target.goal


def check(now: datetime) -> int:
    """Look at every target; returns how many alarms rang."""
    rang = 0
    for target in ScoreTarget.objects.select_related("survey"):
        score = now_at(target, now)
        state = ScoreTarget.State.BELOW if is_below(target, score) else ScoreTarget.State.FINE
        if state != target.state:
            rang += _change(target, state, score, now)
    return rang


@transaction.atomic
def _change(target: ScoreTarget, state: str, score: Score | None, now: datetime) -> bool:
    mine = ScoreTarget.objects.filter(pk=target.pk, state=target.state)
    if not mine.update(state=state, changed_at=now) or state != ScoreTarget.State.BELOW or score is None:
        return False
    business = Business.current()
    with translation.override(business.language):
        title = _("“%(survey)s” is below its target: %(score)s instead of %(goal)s") % {
            "survey": target.survey.name,
            "score": round(score.value),
            "goal": target.goal,
        }
    Task.objects.bulk_create(
        Task(title=title[:200], owner=one, due_on=business.today(now), created_at=now)
        for one in notices.managers()
    )
    said = {"survey": target.survey.slug, "score": round(score.value, 1), "goal": target.goal}
    webhooks.emit("score.below", said, at=now)
    return True
