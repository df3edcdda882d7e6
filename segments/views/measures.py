"""How the shop is doing: cohorts, measures, and what each figure means."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from crm import access, analysis_day
from crm.web import HtmxRequest, render_page
from segments import left_out, refresh
from segments.measures import card, cohort_card, definitions, periods
from segments.measures.counting import WINDOWS


@require_GET
@access.staff
def overview(request: HtmxRequest) -> HttpResponse:
    stands = analysis_day.standing(request.business)
    asked = request.GET.get("days", "")
    length = int(asked) if asked in {str(one) for one in WINDOWS} else max(WINDOWS)
    context = {
        "section": "segments",
        "tab": "measures",
        "part": "measures",
        "stands": stands,
        "status": refresh.status(),
        "card": card.build(request.business, stands.day, length, request.user),
        "windows": WINDOWS,
        "return_days": WINDOWS[length],
        "left_out": left_out.of_buyers(),
    }
    return render_page(request, "segments/measures/measures.html", context)


@require_GET
@access.staff
def cohorts(request: HtmxRequest) -> HttpResponse:
    stands = analysis_day.standing(request.business)
    by, show = request.GET.get("by", ""), request.GET.get("show", "")
    by = by if by in (periods.MONTH, periods.WEEK) else periods.MONTH
    show = show if show in cohort_card.SHOWS else "share"
    context = {
        "section": "segments",
        "tab": "measures",
        "part": "cohorts",
        "stands": stands,
        "card": cohort_card.build(request.business, stands.day, by, show),
        "shows": cohort_card.SHOWS,
        "left_out": left_out.of_buyers(),
    }
    return render_page(request, "segments/measures/cohorts.html", context)


@require_GET
@access.staff
def words(request: HtmxRequest) -> HttpResponse:
    context = {
        "section": "segments",
        "tab": "measures",
        "part": "measure_words",
        "groups": definitions.GROUPS,
    }
    return render_page(request, "segments/measures/words.html", context)
