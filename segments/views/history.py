"""What the rule of a segment was before, and who came and left."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm import access
from crm.access import Right
from crm.errors import Refusal
from crm.paging import ordered_from, page_from
from crm.templatetags.crm_format import number as write
from crm.web import HtmxRequest, render_page
from segments.models import Membership, Segment
from segments.rules import versions

STAYS = 50  # On one page.


@require_GET
@access.staff
def history(request: HttpRequest, slug: str) -> HttpResponse:
    segment = get_object_or_404(Segment, slug=slug, kind=Segment.Kind.RULE)
    context = {"section": "segments", "segment": segment, "versions": list(versions.told(segment))}
    return render_page(request, "segments/history.html", context)


@require_GET
@access.staff
def came_and_left(request: HttpRequest, slug: str) -> HttpResponse:
    """Each stay in the segment, the newest arrival or departure first."""
    segment = get_object_or_404(Segment, slug=slug)
    has_left = request.GET.get("show") == "left"
    order = ("-left_at" if has_left else "-entered_at", "-pk")
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    stays = access.visible(request.user, Membership.objects.filter(segment=segment))
    if has_left:
        stays = stays.filter(left_at__isnull=False)
    rows = ordered_from(stays, order, after=after, before=before, known=("left_at",) if has_left else ())
    found = list(rows.select_related("customer__features")[: STAYS + 1])
    context = {
        "section": "segments",
        "segment": segment,
        "has_left": has_left,
        "page": page_from(found, order, after=after, before=before, size=STAYS),
    }
    return render_page(request, "segments/came_and_left.html", context)


@require_POST
@access.needs(Right.MARKET)
def restore(request: HttpRequest, slug: str, number: int) -> HttpResponse:
    segment = get_object_or_404(Segment, slug=slug, kind=Segment.Kind.RULE)
    try:
        user = cast("HtmxRequest", request).user
        count = versions.restore(segment, number, by=user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, _("Nothing was changed. %(reason)s") % {"reason": refusal})
        return redirect("segments:history", segment.slug)
    text = ngettext(
        "The rule is back as it was: %(count)s customer now.",
        "The rule is back as it was: %(count)s customers now.",
        count,
    )
    messages.success(request, text % {"count": write(count)})
    return redirect(segment)
