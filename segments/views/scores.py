"""The RFM page, the people behind each number, and the way from there to a segment or a campaign."""

from __future__ import annotations

import json
from decimal import Decimal
from typing import Any
from urllib.parse import parse_qsl, urlencode

from babel.numbers import format_currency
from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_POST

from crm import access
from crm.access import Right
from crm.languages import locale_of
from crm.paging import page_of
from crm.web import HtmxRequest, render_page
from segments import drafting, grid, left_out, people, refresh, scoring
from segments.groups import GROUPS


@require_GET
@access.staff
def rfm(request: HtmxRequest) -> HttpResponse:
    by_revenue = request.GET.get("by") == "revenue"
    cuts = scoring.live_cuts()
    currency = request.business.currency
    context = {
        "section": "segments",
        "tab": "rfm",
        "grid": grid.build(by_revenue=by_revenue),
        "by_revenue": by_revenue,
        "few": grid.FEW_BUYERS,
        "measures": grid.explain(cuts, [_money(cut, currency) for cut in cuts.monetary]) if cuts else [],
        "left_out": left_out.of_buyers(),
        "status": refresh.status(),
    }
    return render_page(request, "segments/rfm.html", context)


@require_GET
@access.staff
def people_list(request: HtmxRequest) -> HttpResponse:
    selection = people.select(request.GET)
    if selection is None:
        raise Http404
    seen = access.visible(request.user, selection.people)
    found = seen.select_related("customer")
    page = page_of(
        found,
        ("-revenue", "customer_id"),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "section": "segments",
        "selection": selection,
        "count": seen.count(),
        "page": page,
        "builder": builder_url(selection.rule),
        "fields": parse_qsl(selection.query),
        "groups": GROUPS,
    }
    return render_page(request, "segments/people.html", context, partial="rows")


@require_POST
@access.needs(Right.MARKET)
def segment_from(request: HtmxRequest) -> HttpResponse:
    """Make the people behind a number a segment, and go on to it or to a new campaign."""
    selection = people.select(request.POST)
    if selection is None or selection.rule is None:
        raise Http404
    segment = drafting.segment_for(selection)
    if request.POST.get("next") == "campaign":
        return redirect(f"{reverse('campaigns:campaign_new')}?{urlencode({'segment': segment.slug})}")
    return redirect("segments:segment", segment.slug)


def builder_url(rule: dict[str, Any] | None) -> str:
    """Where this rule can be edited before it becomes a segment."""
    if rule is None:
        return ""
    try:
        return f"{reverse('segments:segment_new')}?{urlencode({'rule': json.dumps(rule)})}"
    except NoReverseMatch:
        return ""


def _money(amount: float, currency: str) -> str:
    return str(format_currency(Decimal(str(amount)), currency, locale=locale_of()))


@require_GET
@access.staff
def refresh_status(request: HtmxRequest) -> HttpResponse:
    """What the last refreshes did; as a fragment the line with the day of the data and the button."""
    context = {
        "section": "segments",
        "status": refresh.status(),
        "runs": refresh.latest(),
        "labels": refresh.STEPS,
    }
    return render_page(request, "segments/refresh_status.html", context, partial="status")


@require_POST
@access.needs(Right.MARKET)
def refresh_now(request: HtmxRequest) -> HttpResponse:
    refresh.request()
    if request.htmx:
        return render(request, "segments/refresh_status.html#status", {"status": refresh.status()})
    return redirect("segments:refresh_status")
