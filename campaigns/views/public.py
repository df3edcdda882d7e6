"""What a mail's links and its pixel lead to. A GET only notes the hit; a HEAD notes nothing."""

from __future__ import annotations

import base64
import logging

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import render
from django.utils import timezone
from django.views.decorators.http import require_safe

from campaigns import links, tracking
from campaigns.models import Campaign, Link
from crm import access
from crm.models import Message

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
log = logging.getLogger(__name__)


@require_safe
@access.public
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Note the click and lead on, only to an address that we signed or stored."""
    said = links.read_click(token)
    if said is None:
        return render(request, "public/link_gone.html", status=404)
    link = Link.objects.filter(campaign=said.campaign_id, position=said.position).first()
    url = said.url or (link.url if link else "")
    if not links.is_web(url):
        return render(request, "public/link_gone.html", status=404)
    if link is not None:
        _note(request, said.message_id, link)
    response = HttpResponseRedirect(url)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


@require_safe
@access.public
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """The pixel, whatever the token says; a good one is noted."""
    message_id = links.read_open(token)
    if message_id is not None:
        _note(request, message_id, None)
    return HttpResponse(GIF, content_type="image/gif", headers={"Cache-Control": "no-store, max-age=0"})


def _note(request: HttpRequest, message_id: int, link: Link | None) -> None:
    if request.method != "GET":
        return
    message = Message.objects.filter(pk=message_id).first()
    campaign = Campaign.objects.filter(mailing=message.mailing_id).first() if message else None
    if message is None or campaign is None:
        return
    hit = tracking.Hit(message, timezone.now(), link, request.headers.get("User-Agent", ""))
    try:
        tracking.hear([hit], campaign)
    except OperationalError:  # A busy database must not keep a customer from the shop.
        log.warning("A hit on message %s was not noted: the database is busy", message_id)
