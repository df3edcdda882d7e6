"""A score in detail: by groups and channels, who did not answer, two times compared, its target."""

from __future__ import annotations

from datetime import date, datetime, time, timedelta
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.dateparse import parse_date
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm import access
from crm.access import Right
from crm.models import User
from crm.web import HtmxRequest, render_page
from feedback import breakdowns, changes, reports, silence, targets
from feedback.forms.closing import TargetForm
from feedback.models import ScoreTarget, Survey
from feedback.numerics import scores
from feedback.views.comments import answers_of


@require_GET
@access.staff
def details(request: HtmxRequest, slug: str) -> HttpResponse:
    survey = get_object_or_404(Survey, slug=slug)
    return render_page(request, "feedback/details.html", page(request, survey))


@require_POST
@access.needs(Right.MARKET)
def target(request: HtmxRequest, slug: str) -> HttpResponse:
    """Set what the score shall be, or take the target away."""
    survey = get_object_or_404(Survey, slug=slug)
    if request.POST.get("remove"):
        ScoreTarget.objects.filter(survey=survey).delete()
        return redirect("feedback:details", slug)
    known = ScoreTarget.objects.filter(survey=survey).first() or ScoreTarget(survey=survey)
    form = TargetForm(request.POST, instance=known)
    if form.is_valid():
        form.save()
        messages.success(request, _("Kept. You get a task when the score falls clearly below it."))
        return redirect("feedback:details", slug)
    return render_page(request, "feedback/details.html", page(request, survey, form=form), status=422)


def page(request: HtmxRequest, survey: Survey, **more: Any) -> dict[str, Any]:
    now = timezone.now()
    answers = answers_of(request, survey)
    is_whole = getattr(request.user, "scope", "") == User.Scope.ALL
    tables = breakdowns.of(survey, answers, cached=is_whole)
    way = request.GET.get("by", "")
    way = (
        way
        if way in breakdowns.WAYS
        else next((one for one in breakdowns.WAYS if tables.get(one)), "segment")
    )
    found = breakdowns.groups(survey, tables, way)
    return {
        "section": "feedback",
        "survey": survey,
        "score": scores.of_groups(survey.kind, *tables["all"].get("", (0, 0, 0))),
        "ease": scores.ease(reports.counts(survey)) if survey.kind == Survey.Kind.CES else None,
        "ways": [(code, label) for code, label in breakdowns.WAYS.items() if tables.get(code)],
        "way": way,
        "way_name": breakdowns.WAYS[way],
        "groups": found,
        "finding": breakdowns.best_and_worst(found) if found else "",
        "minimum": scores.MINIMUM,
        "silence": silence.of(survey, tables) if is_whole else None,
        "change": changes.of(survey, answers, *_days(request, now)),
        "on": _on(request, now),
        **_target(survey, now),
        **more,
    }


def _target(survey: Survey, now: datetime) -> dict[str, Any]:
    known = ScoreTarget.objects.filter(survey=survey).first()
    return {
        "target": known,
        "target_score": targets.now_at(known, now) if known else None,
        "form": TargetForm(instance=known or ScoreTarget(survey=survey, goal=0)),
    }


def _on(request: HtmxRequest, now: datetime) -> date:
    """The day of the change that is looked at; a month ago where none is said."""
    today = request.business.today(now)
    told = request.GET.get("on", "")
    try:
        return parse_date(told) or today - timedelta(days=30)
    except ValueError:
        return today - timedelta(days=30)


def _days(request: HtmxRequest, now: datetime) -> tuple[datetime, datetime]:
    return datetime.combine(_on(request, now), time(), tzinfo=request.business.zone), now
