"""Everything that left, waits or was left out; in the sandbox also how it looks."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET, require_POST

from crm import access, accounts, audit, masking
from crm import outbox as door
from crm.access import Right
from crm.errors import Refusal
from crm.forms.outbox import OutboxFilter, mailings
from crm.models import Message, SandboxMail
from crm.outbox import reading, reasons, troubles, waiting
from crm.paging import page_of
from crm.web import HtmxRequest, render_page

# A mail may look as it likes and show pictures, but nothing in it runs and nothing is posted from it.
MAIL_CSP = {
    "default-src": ["'none'"],
    "img-src": ["'self'", "data:", "https:", "http:"],
    "font-src": ["https:", "data:"],
    "style-src": ["'unsafe-inline'", "https:"],
    "frame-ancestors": ["'self'"],
    "base-uri": ["'none'"],
    "form-action": ["'none'"],
    "sandbox": ["allow-popups", "allow-popups-to-escape-sandbox"],
}


@require_GET
@access.staff
def outbox(request: HttpRequest) -> HttpResponse:
    filters = OutboxFilter.read(request.GET)
    found = filters.apply(_seen(request))
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    context = {
        "section": "campaigns",
        "filters": filters,
        "mailings": mailings(),
        "states": Message.State.choices,
        "page": page_of(found, ["-id"], after=after, before=before),
        "moving": waiting.why(None, timezone.now()),
    }
    return render_page(request, "crm/outbox.html", context, partial="list")


@require_GET
@access.staff
def message(request: HttpRequest, pk: int) -> HttpResponse:
    found = get_object_or_404(_seen(request), pk=pk)
    mail = _caught(request, found)
    if found.customer:
        audit.viewed(request.user, found.customer)
    view = request.GET.get("view", "")
    caught = mail is not None and found.state == Message.State.SENT
    why = reasons.explain(found, now=timezone.now(), trouble=troubles.of(found.mailing.sender_id))
    context = {
        "section": "campaigns",
        "message": found,
        "mail": mail,
        "letter": reading.letter_of(mail) if mail else None,
        "view": view if view in {"text", "headers"} else "html",
        "why": _("The sandbox caught it; it did not leave this machine.") if caught else why,
        "events": found.delivery_events.order_by("at", "pk").defer("raw"),
        "may_repeat": found.state == Message.State.UNSURE and found.mailing.purpose != "marketing",
    }
    return render_page(request, "crm/message.html", context)


@require_GET
@csp_override(MAIL_CSP)
@access.staff
def message_body(request: HttpRequest, pk: int) -> HttpResponse:
    """The mail itself, for the frame on its page; links open in a tab of their own."""
    mail = _caught(request, get_object_or_404(_seen(request), pk=pk))
    if mail is None:
        raise Http404
    html = reading.letter_of(mail).html
    return HttpResponse(f'<base target="_blank">{html}', headers={"Referrer-Policy": "no-referrer"})


def _seen(request: HttpRequest) -> QuerySet[Message]:
    return access.visible(request.user, Message.objects.select_related("mailing", "customer"))


def _caught(request: HttpRequest, message: Message) -> SandboxMail | None:
    """The caught mail, for who may read it; links that choose a password are for the owner only,
    or staff could become owner."""
    if message.mailing.kind == accounts.KIND and not cast("HtmxRequest", request).user.is_owner:
        return None
    return None if masking.active() else SandboxMail.objects.filter(message=message).first()


@require_POST
@access.needs(Right.MANAGE)
def message_again(request: HttpRequest, pk: int) -> HttpResponse:
    """Send an unsure transactional message again because a person says so."""
    found = get_object_or_404(_seen(request), pk=pk)
    try:
        door.send_again(found)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        door.deliver_soon()
        messages.success(request, _("It is sent again now."))
    return redirect("crm:message", pk=pk)
