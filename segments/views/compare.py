"""Segments beside each other, and a segment as it was on a day."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import Any, cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm import access
from crm.errors import Refusal
from crm.paging import page_of
from crm.web import HtmxRequest, render_page
from segments import audience, since_refresh
from segments.forms import CompareForm, DayForm
from segments.membership import overlap, past
from segments.models import Segment


@require_GET
@access.staff
def compare(request: HttpRequest) -> HttpResponse:
    """?a=&b=&c=: who is in which of two or three segments."""
    is_asked = bool(request.GET.get("b") or request.GET.get("c"))
    form = CompareForm(request.GET) if is_asked else CompareForm(initial=request.GET.dict())
    context = {
        "section": "segments",
        "form": form,
        "enough": Segment.objects.count() >= 2,
        "found": _overlap(form.chosen) if is_asked and form.is_valid() else None,
    }
    status = 422 if is_asked and form.errors else 200
    return render_page(request, "segments/compare.html", context, status=status)


def _overlap(segments: Sequence[Segment]) -> overlap.Overlap:
    name = ".".join(f"{one.pk}-{one.refreshed_at}" for one in segments)
    return since_refresh.figures(f"overlap.{name}", lambda: overlap.between(segments))


@require_GET
@access.staff
def on_day(request: HttpRequest, slug: str) -> HttpResponse:
    """?on=: who was in a segment at the end of a past day."""
    segment = get_object_or_404(Segment, slug=slug)
    today = cast("HtmxRequest", request).business.today(timezone.now())
    form = DayForm(request.GET if "on" in request.GET else None, today=today)
    day = form.cleaned_data["on"] if form.is_valid() else None
    context: dict[str, Any] = {"section": "segments", "segment": segment, "form": form, "day": day}
    if day:
        context |= _on(cast("HtmxRequest", request), segment, day)
    status = 422 if form.is_bound and form.errors else 200
    return render_page(request, "segments/on_day.html", context, status=status)


def _on(request: HtmxRequest, segment: Segment, day: date) -> dict[str, Any]:
    people = audience.members_on(segment, day, request.business)
    return {
        "count": people.count(),
        "first": past.first_count(segment, request.business),
        "slow": past.is_slow(segment),
        "page": page_of(
            access.customers(request.user, people).select_related("features"),
            ("last_name", "first_name", "pk"),
            after=request.GET.get("after", ""),
            before=request.GET.get("before", ""),
            size=25,
        ),
    }


@require_GET
@access.staff
def rule_on_day(request: HttpRequest, slug: str) -> HttpResponse:
    """?on=: whom today's rule would have found on that day; a fragment of the page above."""
    segment = get_object_or_404(Segment, slug=slug, kind=Segment.Kind.RULE)
    business = cast("HtmxRequest", request).business
    form = DayForm(request.GET, today=business.today(timezone.now()))
    day: date | None = form.cleaned_data["on"] if form.is_valid() else None
    context: dict[str, Any] = {"section": "segments", "segment": segment, "day": day}
    try:
        if day:
            context["found"] = past.by_rule(segment, day, business)
    except Refusal as refusal:
        context["problem"] = str(refusal)
    return render_page(request, "segments/rule_on_day.html", context, partial="answer")
