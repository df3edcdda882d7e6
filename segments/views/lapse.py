"""Who will probably not come back, how that was learned, and how far it may be believed."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from crm import access
from crm.web import HtmxRequest, render_page
from segments import left_out, refresh, scoring
from segments.lapse import card, words
from segments.lifecycle import stages
from segments.models import ScoringRun


@require_GET
@access.staff
def lapse(request: HtmxRequest) -> HttpResponse:
    run = scoring.live_run(ScoringRun.Kind.LAPSE)
    context = {
        "section": "segments",
        "tab": "lapse",
        "card": card.build(run) if run else None,
        "definition": words.definition(stages.chosen(), stages.shown()),
        "left_out": left_out.of_buyers(),
        "status": refresh.status(),
    }
    return render_page(request, "segments/lapse.html", context)
