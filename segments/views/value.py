"""What the customers are worth, how that was estimated, and how far it may be believed."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from crm import access
from crm.web import HtmxRequest, render_page
from segments import left_out, refresh, scoring
from segments.models import ScoringRun
from segments.rfm import notes
from segments.value import card


@require_GET
@access.staff
def value(request: HtmxRequest) -> HttpResponse:
    run = scoring.live_run(ScoringRun.Kind.VALUE)
    context = {
        "section": "segments",
        "tab": "value",
        "card": card.build(run, request.business.currency) if run else None,
        "great_buyer": notes.great_buyer(),
        "left_out": left_out.of_buyers(),
        "status": refresh.status(),
    }
    return render_page(request, "segments/value.html", context)
