"""Who will probably not come back, how that was learned, and how far it may be believed."""

from __future__ import annotations

from django.http import HttpResponse
from django.views.decorators.http import require_GET

from crm import access
from crm.web import HtmxRequest, render_page
from segments import lapse_card, lapse_words, left_out, lifecycle, refresh, scoring
from segments.models import ScoringRun


@require_GET
@access.staff
def lapse(request: HtmxRequest) -> HttpResponse:
    run = scoring.live_run(ScoringRun.Kind.LAPSE)
    context = {
        "section": "segments",
        "tab": "lapse",
        "card": lapse_card.build(run) if run else None,
        "definition": lapse_words.definition(lifecycle.chosen(), lifecycle.thresholds()),
        "left_out": left_out.of_buyers(),
        "status": refresh.status(),
    }
    return render_page(request, "segments/lapse.html", context)
