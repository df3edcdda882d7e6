"""The day that analysis stands on: the question about old sales, and the page where it is chosen."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, analysis_day, audit
from crm.access import Right
from crm.models import Business
from crm.web import HtmxRequest, render_page
from segments import refresh
from segments.lifecycle.forms import AnalysisForm

PANEL = "segments/analysis_panel.html"


@require_GET
@access.staff
def analysis_panel(request: HtmxRequest) -> HttpResponse:
    """The question, the day that stands, or the notice that it went back to today; else nothing."""
    return render_page(request, PANEL, _context(request.business), partial="panel")


@require_POST
@access.needs(Right.MARKET)
def analysis_answer(request: HtmxRequest) -> HttpResponse:
    """One click: yes and no to the question, keep and read to the notice, today to leave the past."""
    business = Business.current()
    before = business.analyse_as_of, business.analyse_on
    act = request.POST.get("act", "")
    if act == "yes":
        analysis_day.choose(business, analysis_day.Mode.LAST_SALE)
    elif act == "keep" and (left := analysis_day.standing(business).left):
        analysis_day.choose(business, analysis_day.Mode.FIXED, left)
    elif act in {"no", "read", "today"}:
        analysis_day.choose(business, analysis_day.Mode.TODAY)
    if before != (business.analyse_as_of, business.analyse_on):
        audit.record(request.user, "changed", business, detail=f"analyse_as_of={business.analyse_as_of}")
        refresh.request()
    if request.htmx:
        return render_page(request, PANEL, _context(business), partial="panel")
    return redirect("crm:home")


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def analysis(request: HtmxRequest) -> HttpResponse:
    business = Business.current()
    form = AnalysisForm(request.POST or None, business=business)
    if request.method == "POST" and form.is_valid():
        analysis_day.choose(business, form.cleaned_data["mode"], form.cleaned_data["on"])
        audit.record(request.user, "changed", business, detail=f"analyse_as_of={business.analyse_as_of}")
        refresh.request()
        messages.success(request, _("Saved. A refresh describes everybody as of that day."))
        return redirect("segments:analysis")
    context = {
        "section": "settings",
        "form": form,
        "stands": analysis_day.standing(business),
        "last_sale": analysis_day.last_sale(business),
        "status": refresh.status(),
    }
    return render_page(request, "segments/analysis.html", context, status=422 if form.errors else 200)


def _context(business: Business) -> dict[str, object]:
    return {
        "section": "segments",
        "stands": analysis_day.standing(business),
        "asked": analysis_day.question(business),
        "status": refresh.status(),
    }
