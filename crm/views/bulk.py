"""One action on many customers: what it will do to how many, its progress, and the way back."""

from __future__ import annotations

import uuid

from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.db import transaction
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit, exporting, list_habits, masking
from crm.access import Right
from crm.bulk_actions import asking, kinds, running
from crm.bulk_actions.asking import Selection
from crm.customer_list import Filters
from crm.errors import Refusal
from crm.models import BulkJob
from crm.tasks import run_bulk
from crm.web import HtmxRequest, render_page


def selection_of(request: HtmxRequest) -> Selection:
    """Whom the ticks or the filters of the list mean."""
    given = request.POST if request.method == "POST" else request.GET
    filters = Filters.read(given.get("back", "")[:4000], today=request.business.today())
    return Selection.read(filters, given.getlist("id"), "all" in given)


def list_of(selection: Selection) -> str:
    query = selection.filters.query()
    return f"{reverse('crm:customers')}{'?' if query else ''}{query}"


@require_http_methods(["GET", "HEAD", "POST"])
@access.needs(Right.EDIT)
def bulk_ask(request: HtmxRequest) -> HttpResponse:
    """Show whom an action means, ask what it needs, and start it."""
    posted = request.method == "POST"
    action = kinds.known((request.POST if posted else request.GET).get("action", ""))
    if action is None and not posted:
        return redirect("crm:customers")
    if action is None:
        raise Http404
    if not access.may(request.user, action.right):
        raise PermissionDenied
    selection = selection_of(request)
    form = action.form(request.user, request.POST if posted else None)
    if posted and form.is_valid():
        return _start(request, selection, action, form.cleaned_data)
    people = selection.people(request.user)
    count = people.count()
    if not count:
        messages.error(request, _("Choose some customers first."))
        return redirect(list_of(selection))
    context = {
        "section": "customers",
        "action": action,
        "selection": selection,
        "form": form,
        "count": count,
        "sample": asking.sample(people),
        "key": uuid.uuid4(),
        "back": list_of(selection),
    }
    return render_page(request, "crm/customers/bulk_ask.html", context, status=422 if posted else 200)


def _start(
    request: HtmxRequest, selection: Selection, action: kinds.Action, options: dict[str, object]
) -> HttpResponse:
    try:
        key = uuid.UUID(request.POST.get("key", ""))
    except ValueError:
        raise Http404 from None
    with transaction.atomic():
        job, fresh = asking.ask(selection, action, options, by=request.user, key=key)
        if fresh:
            transaction.on_commit(lambda: run_bulk.delay(job.pk))
    return redirect(job)


def _own_job(request: HtmxRequest, pk: int) -> BulkJob:
    """One's own job; who may manage sees everybody's."""
    job = get_object_or_404(BulkJob.objects.select_related("by"), pk=pk)
    if job.by_id != request.user.pk and not access.may(request.user, Right.MANAGE):
        raise Http404
    return job


@require_GET
@access.needs(Right.EDIT)
def bulk_job(request: HtmxRequest, pk: int) -> HttpResponse:
    job = _own_job(request, pk)
    book = running.book_of(job)
    context = {"section": "customers", "job": job, "can_undo": bool(book and book.state == book.State.SEALED)}
    return render_page(request, "crm/customers/bulk_job.html", context, partial="progress")


@require_GET
@access.needs(Right.EDIT)
def bulk_jobs(request: HtmxRequest) -> HttpResponse:
    """What was done to many lately."""
    jobs = BulkJob.objects.select_related("by")
    if not access.may(request.user, Right.MANAGE):
        jobs = jobs.filter(by=request.user)
    return render_page(request, "crm/customers/bulk_jobs.html", {"section": "customers", "jobs": jobs[:50]})


@require_POST
@access.needs(Right.EDIT)
def bulk_undo(request: HtmxRequest, pk: int) -> HttpResponse:
    job = _own_job(request, pk)
    action = kinds.known(job.action)
    if action is None or not access.may(request.user, action.right):
        raise PermissionDenied
    try:
        if running.ask_undo(job, at=timezone.now()):
            transaction.on_commit(lambda: run_bulk.delay(job.pk))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(job)


@require_POST
@access.needs(Right.EDIT)
def bulk_again(request: HtmxRequest, pk: int) -> HttpResponse:
    job = _own_job(request, pk)
    if running.again(job):
        transaction.on_commit(lambda: run_bulk.delay(job.pk))
    return redirect(job)


@require_GET
@access.needs(Right.EXPORT)
def customers_export(request: HtmxRequest) -> HttpResponseBase:
    """The chosen customers, or all that match, as a file with the columns of the list."""
    kind = "xlsx" if request.GET.get("kind") == "xlsx" else "csv"
    selection = selection_of(request)
    habit = list_habits.habit_of(request.user)
    view = list_habits.tabs(request.user, selection.filters, habit).current
    columns = list_habits.columns(selection.filters, habit, view)
    people = selection.people(request.user)
    audit.record(request.user, "exported", "customer", count=people.count(), detail=f"list as {kind}")
    rows = exporting.customers(people, columns, masked=masking.active())
    return exporting.answer(rows, [one.label for one in columns], kind=kind, name=_("customers"))
