"""The queue of cases, one case, and the cases of a customer."""

from __future__ import annotations

import uuid
from typing import Any

from django.db.models import Count
from django.http import Http404, HttpResponse
from django.http.response import FileResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods

from crm import access, audit, masking, my_day
from crm import cases as door
from crm.access import Right
from crm.cases import canned, levels, queue, seeing
from crm.cases.queue import Filters
from crm.chat import answering
from crm.figures import figures_of
from crm.forms.cases import CaseForm, CaseNoteForm, ReplyForm, agents
from crm.models import AuditEntry, CannedReply, Case, CaseAttachment, ReceivedMail
from crm.web import HtmxRequest, render_page


@require_GET
@access.staff
def cases(request: HtmxRequest) -> HttpResponse:
    now, filters = timezone.now(), Filters.read(request.GET)
    seen = door.visible(request.user)
    marks = {"after": request.GET.get("after", ""), "before": request.GET.get("before", "")}
    page = queue.listed(seen, filters, request.user, now, **marks)
    seeing.veil(page.rows)
    counts = queue.counts(seen, request.user, now)
    context = {
        "section": "service",
        "filters": filters,
        "folders": [
            (name, text, counts.get(name), filters.into(name)) for name, text in queue.FOLDERS.items()
        ],
        "page": page,
        "priorities": Case.Priority.choices,
        "agents": agents() if access.may(request.user, Right.SERVE) else [],
        "waiting_chats": answering.waiting(request.user, now) if access.may(request.user, Right.SERVE) else 0,
        "aside": ReceivedMail.objects.filter(state=ReceivedMail.State.ASIDE).count(),
        "now": now,
    }
    return render_page(request, "crm/service/queue.html", context, partial="list")


@require_http_methods(["GET", "POST"])
@access.needs(Right.SERVE)
def case_new(request: HtmxRequest) -> HttpResponse:
    initial = {"person": request.GET.get("customer", "")[:254]}
    form = CaseForm(request.POST or None, user=request.user, initial=initial)
    if request.method == "POST" and form.is_valid():
        given = form.cleaned_data
        made = door.open_case(
            given["subject"],
            at=timezone.now(),
            customer=form.customer,
            text=given["text"],
            by=request.user,
            priority=given["priority"],
            owner=request.user if given["mine"] else None,
            category=given["category"].strip(),
        )
        return redirect(made)
    context = {"section": "service", "form": form, "categories": categories()}
    return render_page(request, "crm/service/new.html", context, status=422 if form.errors else 200)


@require_GET
@access.staff
def case(request: HtmxRequest, pk: int) -> HttpResponse:
    found = door.find_case(request, pk)
    ready = CannedReply.objects.filter(pk=_number(request.GET.get("ready", ""))).first()
    forms: dict[str, Any] = {}
    if ready is not None and access.may(request.user, Right.SERVE):
        text = canned.filled(ready, found, request.user, request.business)
        forms["reply_form"] = ReplyForm(initial={"text": text, "key": uuid.uuid4().hex})
        forms["ready"] = ready
    else:
        audit.record(request.user, AuditEntry.Action.VIEWED, found)
    return render_page(
        request, "crm/service/case.html", page_context(request, found, **forms), partial="answer"
    )


def page_context(request: HtmxRequest, found: Case, **forms: Any) -> dict[str, Any]:
    """What the page of one case shows; forms that were refused replace the empty ones."""
    messages = list(found.messages.select_related("author", "mail").prefetch_related("attachments"))
    others = door.visible(request.user).filter(customer=found.customer_id).exclude(pk=found.pk)
    other_cases = list(others.select_related("level").order_by("-opened_at")[:6]) if found.customer_id else []
    write_to = masking.hide(found.write_to)
    seeing.veil([found, *other_cases])
    seeing.veil_messages(messages)
    serves = access.may(request.user, Right.SERVE)
    return {
        "section": "service",
        "case": found,
        **answering.shown_with(found, len(messages), timezone.now()),
        "who": found.who,
        "write_to": write_to,
        "conversation": messages,
        "other_cases": other_cases,
        "figures": figures_of([found.customer_id])[found.customer_id] if found.customer_id else None,
        "agents": agents() if serves else [],
        **_tasks(request, found),
        "watchers": list(found.watchers.all()),
        "priorities": Case.Priority.choices,
        "outcomes": Case.Outcome.choices,
        "categories": categories() if serves else [],
        "ready_replies": CannedReply.objects.only("title") if serves else [],
        "reply_form": ReplyForm(initial={"key": uuid.uuid4().hex}),
        "note_form": CaseNoteForm(),
        "now": timezone.now(),
        **forms,
    }


def _tasks(request: HtmxRequest, found: Case) -> dict[str, Any]:
    """What is still to be done for a case, and the day on which that is looked at."""
    open_tasks = my_day.visible(request.user).filter(case=found, done_at=None)
    tasks = list(open_tasks.select_related("owner", "customer", "case")[:20])
    return {"tasks": tasks, "today": request.business.today()}


def categories() -> list[str]:
    """Categories in use, the most usual first."""
    used = Case.objects.exclude(category="").values("category").annotate(n=Count("pk")).order_by("-n")
    return [row["category"] for row in used[:50]]


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0


@require_GET
@access.staff
def customer_panel(request: HtmxRequest, public_id: str) -> HttpResponse:
    person = access.find_customer(request, public_id)
    found = list(person.cases.select_related("owner", "level").order_by("-opened_at")[:6])
    seeing.veil(found)
    context = {"customer": person, "cases": found, "level": levels.level_of(person)}
    return render_page(request, "crm/service/panel.html", context)


@require_GET
@access.staff
def attachment(request: HtmxRequest, pk: int, file_pk: int) -> FileResponse:
    """The file as a download; nothing in it is opened by our page."""
    if not access.may(request.user, Right.SERVE):
        raise Http404
    found = door.find_case(request, pk)
    kept = CaseAttachment.objects.filter(pk=file_pk, message__case=found).exclude(file="").first()
    if kept is None or not kept.file.storage.exists(str(kept.file.name)):
        raise Http404(_("This file is not kept any more."))
    audit.record(request.user, AuditEntry.Action.VIEWED, kept)
    response = FileResponse(
        kept.file.open("rb"), as_attachment=True, filename=kept.name, content_type=kept.content_type
    )
    response.headers["X-Content-Type-Options"] = "nosniff"
    response.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return response
