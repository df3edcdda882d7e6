"""The people behind each number, and the way from there to a segment or a campaign."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import parse_qsl, urlencode

from django.http import Http404, HttpResponse
from django.shortcuts import redirect, render
from django.urls import NoReverseMatch, reverse
from django.views.decorators.http import require_GET, require_POST

from crm import access
from crm.access import Right
from crm.paging import page_of
from crm.web import HtmxRequest, render_page
from segments import drafting, people, refresh, since_refresh
from segments.rfm import names


@require_GET
@access.staff
def people_list(request: HtmxRequest) -> HttpResponse:
    selection = people.select(request.GET)
    if selection is None:
        return nobody_named(request)
    seen = access.visible(request.user, selection.people)
    found, scope = seen.select_related("customer"), since_refresh.scope(request.user)
    page = page_of(
        found,
        ("-revenue", "customer_id"),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "section": "segments",
        "selection": selection,
        "count": since_refresh.figures(f"people.{scope}.{selection.query}", seen.count),
        "page": page,
        "builder": builder_url(selection.rule),
        "fields": parse_qsl(selection.query),
        "groups": names.in_use().labels,
    }
    return render_page(request, "segments/people.html", context, partial="rows")


def nobody_named(request: HtmxRequest) -> HttpResponse:
    """An address without a number leads to where the numbers are; one with a wrong number is no page."""
    if request.GET:
        raise Http404
    return redirect("segments:rfm")


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
