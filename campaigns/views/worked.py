"""What worked, for whom: campaigns beside those held out, by segment."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from campaigns import effect, worked
from crm import access
from crm.web import HtmxRequest, render_page

MOST = 24


@require_GET
@access.staff
def what_worked(request: HtmxRequest) -> HttpResponse:
    campaigns = list(effect.with_hold_out()[:MOST])
    slug = request.GET.get("campaign", "")
    chosen = next((one for one in campaigns if one.slug == slug), None)
    measures = _measures()
    asked = request.GET.get("measure", "")
    measure = asked if asked in measures else "conversion"
    found = worked.of([chosen] if chosen else campaigns, now=timezone.now())
    lines = [(key, name, found.everybody.cells.get(key)) for key, name in measures.items()] if found else []
    context = {
        "section": "campaigns",
        "campaigns": campaigns,
        "chosen": chosen,
        "found": found,
        "lines": lines,
        "measures": measures.items(),
        "measure": measure,
        "rows": [(row, row.cells.get(measure)) for row in found.rows] if found else [],
    }
    return render_page(request, "campaigns/worked.html", context)


def _measures() -> dict[str, str]:
    return {
        "conversion": _("Bought"),
        "revenue": _("Revenue per person"),
        "retention": _("Stayed customers"),
        "nps": _("Recommendation (NPS)"),
        "csat": _("Satisfaction (CSAT)"),
    }
