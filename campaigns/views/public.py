"""What a mail's links and its pixel lead to. A request only notes the hit; judging comes later."""

from __future__ import annotations

import base64
import logging

from django.db import OperationalError
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, render
from django.utils import timezone
from django.views.decorators.http import require_safe

from campaigns import links, tracking
from campaigns.links import Click
from campaigns.models import Link
from crm import access
from crm.limits import address_of
from crm.models import Business, Customer, Message

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")
log = logging.getLogger(__name__)


@require_safe
@access.public
def click(request: HttpRequest, token: str) -> HttpResponse:
    """Note the click and lead on, only to an address that we signed or stored."""
    said = links.read_click(token)
    if said is None:
        return render(request, "public/link_gone.html", status=404)
    if said.position == links.HIDDEN:
        return _trapped(request, said)
    found = Link.objects.filter(campaign=said.campaign_id, position=said.position)
    link = found.values_list("pk", "url", "campaign__utm", "campaign__slug").first()
    url = said.url or (link[1] if link else "")
    if not links.is_web(url):
        return render(request, "public/link_gone.html", status=404)
    if link is not None:
        _note(request, said.message_id, tracking.CLICK, link[0], said.position)
        url = links.with_utm(url, link[3] if link[2] else "")
    response = HttpResponseRedirect(url)
    response.headers["Cache-Control"] = "no-store"
    response.headers["Referrer-Policy"] = "no-referrer"
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _trapped(request: HttpRequest, said: Click) -> HttpResponse:
    """The link that no person sees: it leads home, should somebody read the mail without its styles."""
    _note(request, said.message_id, tracking.TRAP, None, 0)
    website = Business.current().website
    if website:
        return redirect(website)
    return render(request, "public/link_gone.html", status=404)


@require_safe
@access.public
def opened(request: HttpRequest, token: str) -> HttpResponse:
    """The pixel, whatever the token says; a good one is noted."""
    message_id = links.read_open(token)
    if message_id is not None:
        _note(request, message_id, tracking.OPEN, None, 0)
    return HttpResponse(GIF, content_type="image/gif", headers={"Cache-Control": "no-store, max-age=0"})


def _note(request: HttpRequest, message_id: int, kind: str, link_id: int | None, place: int) -> None:
    """Keep the hit as far as this person lets us: all of it, the day of an opening, or nothing."""
    found = Message.objects.filter(pk=message_id, mailing__kind="campaign")
    row = found.values_list("customer_id", "customer__tracking", "customer__erased_at").first()
    if row is None or row[0] is None or row[2] is not None:
        return
    business: Business = request.business  # type: ignore[attr-defined]
    mode = row[1] or business.tracking
    try:
        if mode == Customer.Tracking.HYGIENE and kind == tracking.OPEN and request.method == "GET":
            today = business.today()
            Customer.objects.filter(pk=row[0]).exclude(mail_read_on=today).update(mail_read_on=today)
        elif mode == Customer.Tracking.FULL:
            tracking.hear([_hit(request, message_id, kind, link_id, place)])
    except OperationalError:  # A busy database must not keep a customer from the shop.
        log.warning("A hit on message %s was not noted: the database is busy", message_id)


def _hit(request: HttpRequest, message_id: int, kind: str, link_id: int | None, place: int) -> tracking.Hit:
    return tracking.Hit(
        message_id,
        timezone.now(),
        link_id,
        place,
        kind,
        request.method or "GET",
        request.headers.get("User-Agent", ""),
        tracking.network_of(address_of(request)),
    )
