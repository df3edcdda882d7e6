"""What customers speak about: topics with their share, mood and effect, and the comments behind them."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm import access
from crm.paging import page_of
from crm.web import HtmxRequest, render_page
from feedback import comment_charts, reading, reports, voices
from feedback.forms.themes import MergeForm, SplitForm, ThemeForm
from feedback.models import Answer, Remark, Survey, Theme
from feedback.numerics import scores

ORDER = ["-answer__answered_at", "-answer_id"]
SHOWN = 16


@require_GET
@access.staff
def comments(request: HtmxRequest) -> HttpResponse:
    """All topics of a period, of one survey or of all."""
    now = timezone.now()
    surveys = commented()
    survey = chosen(request, surveys)
    days = days_of(request)
    answers = answers_of(request, survey)
    heard = voices.heard(answers, survey, days, now)
    shown = [one for one in heard.voices if one.share >= 0.005][:SHOWN]
    voices.tell_quotes(shown, voices.between(answers, *voices.period(days, now)))
    context = {
        "section": "feedback",
        "heard": heard,
        "voices": shown,
        "chart": comment_charts.topics(shown),
        "surveys": surveys,
        "survey": survey,
        "days": days,
        "periods": voices.PERIODS,
        "understanding": voices.understanding(),
        "is_behind": reading.is_behind(),
        "minimum": scores.MINIMUM,
    }
    return render_page(request, "feedback/comments.html", context)


@require_GET
@access.staff
def comment_list(request: HtmxRequest) -> HttpResponse:
    """The comments behind a number: of a topic, a mood, a wish, a survey, a period."""
    survey = chosen(request, commented())
    days = days_of(request)
    found = voices.between(answers_of(request, survey), *voices.period(days, timezone.now()))
    told = request.GET.get("theme", "")
    theme = Theme.objects.filter(pk=int(told)).first() if told.isdecimal() and len(told) < 10 else None
    if theme:
        found = found.filter(mentions__theme=theme)
    elif told == "none":
        found = found.filter(mentions=None)
    if (mood := request.GET.get("mood", "")) in voices.MOODS:
        found = found.filter(mood=mood)
    if (wish := request.GET.get("wish", "")) in ("asks", "leaves"):
        found = found.filter(**{wish: True})
    page = page_of(found, ORDER, after=request.GET.get("after", ""), before=request.GET.get("before", ""))
    context = {
        "section": "feedback",
        "page": page,
        "rows": said([one.pk for one in page.rows]),
        "survey": survey,
        "theme": theme,
        "mood": mood,
        "wish": wish,
        "moods": Remark.Mood.choices,
        "days": days,
    }
    return render_page(request, "feedback/comment_list.html", context, partial="rows")


@require_GET
@access.staff
def theme(request: HtmxRequest, pk: int) -> HttpResponse:
    """One topic: how it goes, what was said, and how staff change it."""
    return render_page(request, "feedback/theme.html", theme_page(request, get_object_or_404(Theme, pk=pk)))


def theme_page(request: HtmxRequest, one: Theme, **forms: Any) -> dict[str, Any]:
    answers = answers_of(request, None)
    remarks = voices.between(answers, None, timezone.now())
    starts = reports.recent_months(timezone.now(), request.business.zone, 12)
    return {
        "section": "feedback",
        "theme": one,
        "n": remarks.filter(mentions__theme=one).count(),
        "of": remarks.count(),
        "chart": comment_charts.trend(one, starts, voices.by_month(one, answers, starts)),
        "good": voices.of_theme(one, remarks, mood="good", count=4),
        "bad": voices.of_theme(one, remarks, mood="bad", count=4),
        "is_behind": reading.is_behind(),
        "form": ThemeForm(None, theme=one),
        "merge": MergeForm(None, theme=one),
        "split": SplitForm(None, theme=one),
        **forms,
    }


def commented() -> list[Survey]:
    return list(Survey.objects.filter(answers__remark__isnull=False).distinct().order_by("name", "pk"))


def chosen(request: HtmxRequest, surveys: list[Survey]) -> Survey | None:
    """The survey of the address; the only one where there is no other."""
    slug = request.GET.get("survey", "")
    found = next((one for one in surveys if one.slug == slug), None)
    return surveys[0] if found is None and len(surveys) == 1 else found


def days_of(request: HtmxRequest) -> int:
    told = request.GET.get("days", "")
    return int(told) if told in {str(one) for one in voices.PERIODS} else 0


def answers_of(request: HtmxRequest, survey: Survey | None) -> QuerySet[Answer]:
    """Those that count and that this member of staff may see."""
    found: QuerySet[Answer] = Answer.objects.counted()
    return access.visible(request.user, found.filter(survey=survey) if survey else found)


def said(keys: list[int]) -> list[dict[str, Any]]:
    """Comments with who said it, in the order of the page."""
    people = {
        one.pk: one
        for one in Answer.objects.filter(pk__in=keys).select_related("customer", "survey").defer("values")
    }
    moods = {one.pk: one for one in Remark.objects.filter(pk__in=keys)}
    return [
        {"quote": one, "answer": people[one.answer], "remark": moods[one.answer]}
        for one in voices.quoted(keys, each_once=False)
        if one.answer in people and one.answer in moods
    ]
