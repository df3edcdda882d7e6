"""What the shop says about RFM: which groups, its own map, and cut points that hold for a while."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm import access
from crm.access import Right
from crm.web import HtmxRequest, render_page
from segments import refresh, scoring
from segments.models import RfmChoice
from segments.numerics.rfm import CutPoints
from segments.rfm import choosing, cuts, own
from segments.rfm import names as rfm_names
from segments.rfm.forms import CutsForm, MapForm
from segments.views.rfm import measures


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def rfm_map(request: HtmxRequest) -> HttpResponse:
    """Saves, or with `act=preview` only shows who would be in which group."""
    choice = rfm_names.choice()
    form = MapForm(request.POST or None, instance=choice)
    is_good = request.method == "POST" and form.is_valid()
    if is_good and request.POST.get("act") == "save":
        choosing.choose_map(form.instance)
        messages.success(request, _("Saved. A refresh puts everybody into their new groups."))
        return redirect("segments:rfm")
    names = rfm_names.of_choice(form.instance if is_good else rfm_names.choice())
    context: dict[str, Any] = {
        "section": "segments",
        "form": form,
        "names": names,
        "title_of_map": rfm_names.TITLES[names.map.name],
        "is_preview": is_good,
        "status": refresh.status(),
        "rows": choosing.group_counts(names),
        "broken": choosing.broken_by(names) if is_good else [],
        "has_own": bool(rfm_names.choice().own),
    }
    return render_page(request, "segments/rfm_map.html", context, status=422 if form.errors else 200)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def rfm_own_map(request: HtmxRequest) -> HttpResponse:
    """The shop's own map; refused unless every cell has exactly one group with a name."""
    choice = rfm_names.choice()
    drawing = own.read(request.POST, choice) if request.method == "POST" else own.drawn(choice)
    broken = []
    if request.method == "POST" and not drawing.problems:
        own.take(choice, drawing)
        broken = choosing.broken_by(rfm_names.of_choice(choice))
        if not broken or "anyway" in request.POST:
            own.keep(choice)
            refresh.request()
            messages.success(request, _("Saved. A refresh puts everybody into your groups."))
            return redirect("segments:rfm")
    context = {"section": "segments", "drawing": drawing, "broken": broken}
    return render_page(request, "segments/rfm_own.html", context, status=422 if drawing.problems else 200)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def rfm_scores(request: HtmxRequest) -> HttpResponse:
    """Cut points for a period: `act` preview counts people per score, save keeps, fresh proposes."""
    choice, today = rfm_names.choice(), request.business.today()
    live = cuts.held(choice, today) or scoring.live_cuts()
    if live is None:
        return render_page(request, "segments/rfm_scores.html", {"section": "segments"})
    fresh = request.POST.get("act") == "fresh"
    base = (cuts.fresh(choice.middle) if fresh else None) or live
    form = CutsForm(
        request.POST if request.method == "POST" and not fresh else None,
        choice=choice,
        cuts=base,
        today=today,
    )
    is_good = request.method == "POST" and not fresh and form.is_valid()
    if is_good and request.POST.get("act") == "save":
        choosing.choose_cuts(choice, form, today)
        messages.success(request, _("Saved. A refresh scores everybody by these cut points."))
        return redirect("segments:rfm_scores")
    wanted = form.found() if is_good else base
    context = _scores_context(request, choice, form, live, wanted) | {"is_fresh": fresh}
    return render_page(request, "segments/rfm_scores.html", context, status=422 if form.errors else 200)


def _scores_context(
    request: HtmxRequest, choice: RfmChoice, form: CutsForm, live: CutPoints, wanted: CutPoints
) -> dict[str, Any]:
    names = rfm_names.of_choice(choice)
    return {
        "section": "segments",
        "choice": choice,
        "form": form,
        "status": refresh.status(),
        "is_middle": names.map.kind == "middle",
        "is_preview": wanted != live or request.method == "POST",
        "tables": choosing.score_counts(live, wanted, measures(wanted, request.business.currency), names),
        "groups": choosing.group_change(live, wanted, names),
    }
