"""What comes: sales and the size of segments, forecast with ranges."""

from __future__ import annotations

from functools import partial

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET

from crm import access, analysis_day
from crm.web import HtmxRequest, render_page
from segments import since_refresh
from segments.measures import forecast_card, periods, series
from segments.models import Segment

SHOWN = 100


@require_GET
@access.staff
def forecast(request: HtmxRequest) -> HttpResponse:
    """?what= revenue, orders or a segment's short name; ?by= month or week (segments go by week)."""
    stands, what = analysis_day.standing(request.business), request.GET.get("what", "")
    segment = Segment.objects.filter(slug=what).first()
    by = periods.WEEK if segment or request.GET.get("by") == periods.WEEK else periods.MONTH
    if segment:
        name = f"members.{segment.pk}.{stands.today}.{request.business.time_zone}"
        found = since_refresh.figures(name, partial(series.members, segment, request.business, stands.today))
        card = forecast_card.build(found, _("Members"), _("people"))
    else:
        what = what if what in (series.REVENUE, series.ORDERS) else series.REVENUE
        found = series.sales(request.business, stands.day, by, what)
        is_money = what == series.REVENUE
        words = (_("Revenue"), request.business.currency) if is_money else (_("Orders"), _("orders"))
        card = forecast_card.build(found, *words, is_money=is_money)
    context = {
        "section": "segments",
        "tab": "measures",
        "part": "forecast",
        "stands": stands,
        "card": card,
        "what": what,
        "segment": segment,
        "segments": Segment.objects.order_by("name")[:SHOWN],
        "known": len(found.values),
    }
    return render_page(request, "segments/measures/forecast.html", context)
