"""The voice of the customer: a page for the owner, and the same as a monthly report to print."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.conf import settings
from django.http import HttpResponse
from django.utils import timezone, translation
from django.views.decorators.http import require_GET

from crm import access
from crm.web import HtmxRequest, render_page
from feedback import insight, reports, texts
from feedback.models import Survey
from feedback.views.comments import answers_of

MONTHS = 12


@require_GET
@access.staff
def voice(request: HtmxRequest) -> HttpResponse:
    """The last 90 days, or one calendar month with ?month=2026-10; ?in=zh-hans prints it in that language."""
    language = request.GET.get("in", "")
    if language not in dict(settings.LANGUAGES):
        return _page(request)
    with translation.override(language):
        response = _page(request)
    response.headers["Content-Language"] = language
    return response


def _page(request: HtmxRequest) -> HttpResponse:
    now = timezone.now()
    surveys = list(Survey.objects.filter(answers__isnull=False).distinct().order_by("-created_at", "pk"))
    slug = request.GET.get("survey", "")
    survey = next((one for one in surveys if one.slug == slug), surveys[0] if surveys else None)
    starts = reports.recent_months(now, request.business.zone, MONTHS + 1)
    month = next((one for one in starts if f"{one:%Y-%m}" == request.GET.get("month", "")), None)
    start, end = _period(month, starts, now)
    answers = answers_of(request, survey)
    language = texts.first_known(translation.get_language())
    zone = request.business.zone
    context = {
        "section": "feedback",
        "surveys": surveys,
        "survey": survey,
        "month": month,
        "months": starts[::-1],
        "languages": [(code, texts.NAMES.get(code, code)) for code, _name in settings.LANGUAGES],
        "days": max((end - start).days, 1),
        "found": insight.of(survey, answers, start, end, zone=zone, language=language) if survey else None,
    }
    return render_page(request, "feedback/voice.html", context)


def _period(month: datetime | None, starts: list[datetime], now: datetime) -> tuple[datetime, datetime]:
    if month is None:
        return now - timedelta(days=90), now
    following = starts.index(month) + 1
    return month, starts[following] if following < len(starts) else now
