"""The page behind the link of a double opt-in. Seeing it changes nothing: mail scanners confirm nothing."""

from __future__ import annotations

from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.utils import timezone, translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.http import require_http_methods

from crm import access, limits, opt_in, outbox
from crm.errors import Refusal
from crm.models import Business, Channel, OptIn, Purpose
from crm.opt_in_mail import language

POSTS_A_MINUTE = 20


@csrf_exempt  # Reached from a mail without cookies; the signed token is the permission.
@never_cache
@require_http_methods(["GET", "HEAD", "POST"])
@access.public
def confirm(request: HttpRequest, token: str) -> HttpResponse:
    waiting = opt_in.read(token)
    if waiting is None:
        return render(request, "public/link_gone.html", status=404)
    with translation.override(language(waiting, Business.current())):
        if request.method == "POST":
            return _decide(request, waiting)
        return _page(request, waiting)


def _decide(request: HttpRequest, waiting: OptIn) -> HttpResponse:
    now = timezone.now()
    asked = f"confirm:{limits.address_of(request)}"
    if limits.use(asked, limit=POSTS_A_MINUTE, seconds=60, now=now.timestamp()).exceeded:
        return _page(request, waiting, told=_("Please wait a minute and try again."), status=429)
    if "renew" in request.POST:
        if opt_in.renew(waiting, now):
            return _page(request, waiting, renewed=True)
        told = _(
            "We wrote to you a short while ago. Please look into your mail, and into the spam folder, too."
        )
        return _page(request, waiting, told=told, status=429)
    try:
        opt_in.confirm(waiting, at=now)
    except Refusal as refusal:
        return _page(request, waiting, told=str(refusal), status=409)
    return _page(request, waiting)


def _page(
    request: HttpRequest, waiting: OptIn, *, told: str = "", renewed: bool = False, status: int = 200
) -> HttpResponse:
    waiting.refresh_from_db()
    confirmed = waiting.state == OptIn.State.CONFIRMED
    message = opt_in.messages(waiting).order_by("-id").first() if confirmed else None
    context = {
        "waiting": waiting,
        "wishes": _wishes(waiting),
        "confirmed": confirmed,
        "ended": opt_in.has_ended(waiting, timezone.now()) and not renewed,
        "told": told,
        "renewed": renewed,
        "preferences": outbox.unsubscribe_url(message) if message and message.customer_id else "",
    }
    response = render(request, "public/confirm.html", context, status=status)
    response.headers["Content-Language"] = translation.get_language()
    return response


def _wishes(waiting: OptIn) -> list[str]:
    """What was asked for, in words."""
    names = {one.key: one.label for one in Purpose.objects.all()}
    channels = dict(Channel.choices)
    return [
        f"{names.get(purpose, purpose)} · {channels.get(channel, channel)}"
        for purpose, channel in waiting.wanted
    ]
