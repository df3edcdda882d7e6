"""Service → Chats: who waits now, and what they say while their case is open."""

from __future__ import annotations

from django.http import HttpResponse
from django.utils import timezone
from django.views.decorators.http import require_GET

from crm import access
from crm import cases as door
from crm.access import Right
from crm.behaviour import website
from crm.cases import seeing
from crm.chat import answering
from crm.models import CaseMessage
from crm.web import HtmxRequest, render_page

SHOWN = 100


@require_GET
@access.needs(Right.SERVE)
def chats(request: HtmxRequest) -> HttpResponse:
    now = timezone.now()
    found = list(answering.going_on(request.user)[:SHOWN])
    said = CaseMessage.objects.filter(
        case__in=[one.case_id for one in found], direction=CaseMessage.Direction.IN
    )
    last = {one.case_id: one.text for one in said.order_by("at", "id")}
    rows = [(one, last.get(one.case_id or 0, ""), answering.is_there(one, now)) for one in found]
    context = {"section": "service", "rows": rows, "site": website.current()}
    return render_page(request, "crm/chats/chats.html", context, partial="list")


@require_GET
@access.needs(Right.SERVE)
def waiting(request: HtmxRequest) -> HttpResponse:
    """How many wait: asked for by every page now and then."""
    context = {"section": "service", "waiting": answering.waiting(request.user, timezone.now())}
    return render_page(request, "crm/chats/waiting.html", context)


@require_GET
@access.staff
def said(request: HtmxRequest, pk: int) -> HttpResponse:
    """The conversation of a case; nothing while nothing new was said."""
    case = door.find_case(request, pk)
    rows = case.messages.select_related("author", "mail").prefetch_related("attachments")
    messages = list(rows)
    chat = answering.live(case)
    there = bool(chat and answering.is_there(chat, timezone.now()))
    mark = f"{len(messages)}-{int(there)}"
    if request.GET.get("mark") == mark and chat:
        return HttpResponse(status=204)
    seeing.veil([case])
    seeing.veil_messages(messages)
    context = {
        "case": case,
        "who": case.who,
        "conversation": messages,
        "chat": chat,
        "is_there": there,
        "mark": mark,
    }
    return render_page(request, "crm/chats/said.html", {"section": "service", **context})
