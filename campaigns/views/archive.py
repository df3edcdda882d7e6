"""Mails that the shop shows to everybody, with everything personal left out."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.utils import translation
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_safe

from campaigns import link_map
from campaigns.models import Campaign
from campaigns.views.editor import MAIL_CSP
from crm import access
from crm.models import Business
from crm.paging import page_of

SHOWN = (Campaign.State.SENDING, Campaign.State.PAUSED, Campaign.State.DONE)


@require_safe
@access.public
def archive(request: HttpRequest) -> HttpResponse:
    """Newest first."""
    found = Campaign.objects.filter(is_public=True, state__in=SHOWN, started_at__isnull=False)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = page_of(found, ("-started_at", "-pk"), after=after, before=before, size=30)
    with translation.override(Business.current().language):
        return render(request, "public/archive.html", {"page": page})


@require_safe
@csp_override(MAIL_CSP)
@access.public
def archived(request: HttpRequest, slug: str) -> HttpResponse:
    """One mail as nobody in particular got it."""
    campaign = get_object_or_404(Campaign, slug=slug, is_public=True, state__in=SHOWN)
    return HttpResponse(link_map.archived(campaign, Business.current())[1])
