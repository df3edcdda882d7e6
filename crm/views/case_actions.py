"""What staff do with a case. Each answers with the case again."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST

from crm import access
from crm import cases as door
from crm.access import Right
from crm.cases import canned, moving, queue
from crm.chat import answering
from crm.errors import Refusal
from crm.forms.cases import CaseForm, CaseNoteForm, ReplyForm, agents
from crm.models import CannedReply, Case, User
from crm.views.cases import page_context
from crm.web import HtmxRequest, render_page


def _again(request: HtmxRequest, case: Case, **forms: Any) -> HttpResponse:
    return render_page(request, "crm/service/case.html", page_context(request, case, **forms), status=422)


@require_POST
@access.needs(Right.SERVE)
def reply(request: HtmxRequest, pk: int) -> HttpResponse:
    case = door.find_case(request, pk)
    form = ReplyForm(request.POST, request.FILES)
    if not form.is_valid():
        return _again(request, case, reply_form=form)
    then = request.POST.get("then", "")
    then = then if then in (Case.State.OPEN, Case.State.SOLVED) else Case.State.WAITING
    given = form.cleaned_data
    key = f"reply:{given['key']}" if given["key"] else None
    try:
        answering.reply(
            case,
            given["text"],
            by=request.user,
            at=timezone.now(),
            then=then,
            key=key,
            files=given["attached"],
        )
    except Refusal as refusal:
        form.add_error(None, str(refusal))
        return _again(request, door.find_case(request, pk), reply_form=form)
    ready = CannedReply.objects.filter(pk=_number(request.POST.get("ready", ""))).first()
    if ready is not None:
        canned.count_use(ready)
    messages.success(request, _("Your answer is on its way."))
    return redirect(case)


@require_POST
@access.needs(Right.SERVE)
def note(request: HtmxRequest, pk: int) -> HttpResponse:
    case = door.find_case(request, pk)
    form = CaseNoteForm(request.POST)
    if not form.is_valid():
        return _again(request, case, note_form=form)
    door.note(case, form.cleaned_data["text"], by=request.user, at=timezone.now())
    return redirect(case)


@require_POST
@access.needs(Right.SERVE)
def change(request: HtmxRequest, pk: int) -> HttpResponse:
    """Owner, priority, category, state, watching: one small form each."""
    case = door.find_case(request, pk)
    try:
        _change(case, request.user, request.POST.dict())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect("crm:cases" if not door.visible(request.user).filter(pk=pk).exists() else case)


@transaction.atomic
def _change(case: Case, user: User, given: dict[str, str]) -> None:
    now = timezone.now()
    if "owner" in given:
        owner = next((one for one in agents() if str(one.pk) == given["owner"]), None)
        door.assign(case, owner, by=user, at=now)
    if given.get("priority", "") in {str(one) for one in Case.Priority.values} - {str(case.priority)}:
        door.prioritise(case, int(given["priority"]), by=user, at=now)
    if "category" in given and given["category"].strip()[:60] != case.category:
        moving.move(case, user, only=moving.EVERY, at=now, category=given["category"].strip()[:60])
        Case.objects.filter(pk=case.pk).update(search_text=case.prepare().search_text)
    match given.get("do", ""):
        case "work":
            door.work(case, by=user, at=now)
        case "wait":
            door.wait(case, by=user, at=now)
        case "solve":
            outcome = given.get("outcome", "")
            known = outcome if outcome in Case.Outcome.values else Case.Outcome.HELPED
            door.solve(case, by=user, at=now, outcome=known)
        case "close":
            door.close(case, by=user, at=now)
        case "reopen":
            door.reopen(case, by=user, at=now)
        case "watch":
            door.watch(case, user)
        case "unwatch":
            door.unwatch(case, user)


@require_POST
@access.needs(Right.SERVE)
def customer(request: HtmxRequest, pk: int) -> HttpResponse:
    """Say who it is, when the case came from an unknown address."""
    case = door.find_case(request, pk)
    form = CaseForm({"person": request.POST.get("person", "")}, user=request.user)
    form.is_valid()
    if form.customer is None:
        reason = form.errors.get("person") or [_("No customer is known by this.")]
        messages.error(request, str(reason[0]))
        return redirect(case)
    moving.belongs_to(case, form.customer, by=request.user, at=timezone.now())
    messages.success(request, _("The case belongs to %(name)s now.") % {"name": form.customer})
    return redirect(case)


@require_POST
@access.needs(Right.SERVE)
def merge(request: HtmxRequest, pk: int) -> HttpResponse:
    case = door.find_case(request, pk)
    number = _number(request.POST.get("into", "").strip().lstrip("#"))
    into = door.visible(request.user).filter(pk=number).first()
    if into is None:
        messages.error(request, _("There is no case with this number."))
        return redirect(case)
    try:
        door.merge(case, into, by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(case)
    said = {"this": case.pk, "that": into.pk}
    messages.success(request, _("#%(this)s is a part of #%(that)s now.") % said)
    return redirect(into)


@require_POST
@access.needs(Right.SERVE)
def unmerge(request: HtmxRequest, pk: int) -> HttpResponse:
    case = door.find_case(request, pk)
    try:
        door.unmerge(case, by=request.user, at=timezone.now())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(case)


@require_POST
@access.needs(Right.SERVE)
def bulk(request: HtmxRequest) -> HttpResponse:
    """Give the ticked cases to somebody, or close them."""
    filters = queue.Filters.read(request.GET)
    ticked = {_number(one) for one in request.POST.getlist("case")[:200]}
    chosen = list(door.visible(request.user).filter(pk__in=ticked).select_related("customer", "owner"))
    back = redirect(f"/service/?{filters.query()}")
    if not chosen:
        messages.error(request, _("Tick some cases first."))
        return back
    done = sum(_bulk_one(one, request.user, request.POST.dict()) for one in chosen)
    said = ngettext("%(n)s case was changed.", "%(n)s cases were changed.", done) % {"n": done}
    messages.success(request, said)
    return back


def _bulk_one(case: Case, user: User, given: dict[str, str]) -> bool:
    """True when it was changed; cases that somebody else just moved are left alone."""
    try:
        if given.get("do") == "close":
            door.close(case, by=user, at=timezone.now())
        elif given.get("do") == "assign":
            _change(case, user, {"owner": given.get("owner", "")})
        else:
            return False
    except Refusal:
        return False
    return True


def _number(text: str) -> int:
    return int(text) if text.isascii() and text.isdigit() and len(text) < 16 else 0
