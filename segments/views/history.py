"""What the rule of a segment was before."""

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
from crm.web import HtmxRequest, render_page
from segments.models import Segment
from segments.rules import versions


@require_GET
@access.staff
def history(request: HttpRequest, slug: str) -> HttpResponse:
    segment = get_object_or_404(Segment, slug=slug, kind=Segment.Kind.RULE)
    context = {"section": "segments", "segment": segment, "versions": list(versions.told(segment))}
    return render_page(request, "segments/history.html", context)


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
        "The rule is back as it was: %(count)d customer now.",
        "The rule is back as it was: %(count)d customers now.",
        count,
    )
    messages.success(request, text % {"count": count})
    return redirect(segment)
