"""Bringing files in: list, upload, columns, check, run, result."""

from __future__ import annotations

from pathlib import Path
from typing import cast

from django.contrib import messages
from django.db import transaction
from django.http import FileResponse, Http404, HttpRequest, HttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access, audit
from crm.access import Right
from crm.errors import Refusal
from crm.forms.imports import UploadForm
from crm.imports import (
    choices,
    confirming,
    continuing,
    exchange,
    intake,
    kinds,
    presets,
    profiles,
    rehearsing,
    results,
    running,
    undoing,
)
from crm.imports.reasons import words
from crm.imports.seeing import find_import, visible
from crm.models import Business, ImportBatch
from crm.paging import page_of
from crm.tasks import run_import
from crm.web import HtmxRequest, render_page

State = ImportBatch.State


@require_GET
@access.needs(Right.IMPORT)
def imports(request: HttpRequest) -> HttpResponse:
    batches = visible(request.user).select_related("started_by").defer("findings", "mapping")
    page = page_of(
        batches.exclude(state=State.CANCELLED),
        ["-id"],
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
        size=30,
    )
    for batch in page.rows:
        batch.kind_label = kinds.label(batch.kind)  # type: ignore[attr-defined]
    return render_page(request, "crm/imports/list.html", {"section": "customers", "page": page})


@require_http_methods(["GET", "HEAD", "POST"])
@access.needs(Right.IMPORT)
def import_new(request: HttpRequest) -> HttpResponse:
    form = UploadForm(request.POST or None, request.FILES or None, initial={"kind": "purchases"})
    if request.method == "POST" and form.is_valid():
        file = form.cleaned_data["file"]
        batch = intake.take(
            file.chunks(),
            file.name,
            form.cleaned_data["kind"],
            options={},
            by=cast("HtmxRequest", request).user,
        )
        try:
            _understand(request, batch)
            return redirect("crm:import_columns", batch.pk)
        except Refusal as refusal:
            intake.discard(batch)
            form.add_error("file", str(refusal))
    status = 422 if form.is_bound else 200
    return render_page(request, "crm/imports/new.html", {"section": "customers", "form": form}, status=status)


def _understand(request: HttpRequest, batch: ImportBatch) -> None:
    try:
        intake.understand(batch)
    except intake.OtherKind as other:
        intake.change_kind(batch, other.preset.kind)
        if batch.kind == "subscriptions":
            messages.info(request, _("This is a list of subscriptions, so it is imported as subscriptions."))
        else:
            messages.info(request, _("This is a list of customers, so it is imported as customers."))
    profiles.recall(batch)


@require_http_methods(["GET", "HEAD", "POST"])
@access.needs(Right.IMPORT)
def import_columns(request: HttpRequest, pk: int) -> HttpResponse:
    batch = find_import(request, pk)
    if batch.state != State.DRAFT:
        return redirect("crm:import", pk)
    error, column = "", ""
    if request.method == "POST":
        rereads = "reread" in request.POST
        try:
            if rereads:
                confirming.reread(batch, request.POST)
            else:
                confirming.take(batch, request.POST)
                profiles.remember(batch, by=cast("HtmxRequest", request).user, at=timezone.now())
            return redirect("crm:import_columns" if rereads else "crm:import_check", pk)
        except Refusal as refusal:
            error, column = str(refusal), confirming.unclear_column(refusal)
            batch.refresh_from_db()
    context = _columns_context(request, batch) | {"error": error, "unclear": column}
    return render_page(request, "crm/imports/columns.html", context, status=422 if error else 200)


def _columns_context(request: HttpRequest, batch: ImportBatch) -> dict[str, object]:
    form = batch.findings["format"]
    return {
        "section": "customers",
        "batch": batch,
        "columns": confirming.columns_of(batch),
        "delimiter": confirming.delimiter_name(form["delimiter"]),
        "is_text": form["kind"] == "text",
        "custom": kinds.takes_own_fields(batch.kind),
        "asks_survey": batch.kind == "answers",
        "preset": presets.of(batch.options),
        "profile": profiles.of(batch) if batch.options.get("profile") else None,
        "continues": visible(request.user).filter(pk=batch.options.get("continues")).first(),
        "rates": confirming.rates(batch),
        "home": exchange.adoptable(batch, Business.current()) or Business.current().currency,
        "standards": confirming.standards(batch),
        "fields": [one for one in kinds.loader(batch.kind).fields if not one.name.endswith(".")],
    }


@require_GET
@access.needs(Right.IMPORT)
def import_check(request: HttpRequest, pk: int) -> HttpResponse:
    batch = find_import(request, pk)
    if batch.state != State.DRAFT:
        return redirect("crm:import", pk)
    try:
        rehearsal = rehearsing.rehearse(intake.check(batch))
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("crm:import_columns", pk)
    context = {
        "section": "customers",
        "batch": batch,
        "found": rehearsal,
        "will": rehearsal.understood if rehearsal.complete else batch.total_rows,
        "ignored": results.becoming(batch) if batch.options.get("create_fields") else results.ignored(batch),
        "unknown_statuses": results.unknown_statuses(batch),
        "growing": list(choices.growing(batch)),
        "running": visible(request.user).filter(state=State.RUNNING).first(),
    }
    return render_page(request, "crm/imports/check.html", context)


@require_POST
@access.needs(Right.IMPORT)
def import_start(request: HttpRequest, pk: int) -> HttpResponse:
    batch = find_import(request, pk)
    if batch.state == State.DRAFT:
        try:
            intake.queue(batch)
        except Refusal as refusal:
            messages.error(request, str(refusal))
            return redirect("crm:import_columns", pk)
        audit.record(request.user, "imported", batch, count=batch.total_rows)
        transaction.on_commit(lambda: run_import.delay(pk))
    return redirect("crm:import", pk)


@require_GET
@access.needs(Right.IMPORT)
def import_page(request: HttpRequest, pk: int) -> HttpResponse:
    batch = find_import(request, pk)
    if batch.state == State.DRAFT:
        return redirect("crm:import_columns", pk)
    context = {
        "section": "customers",
        "batch": batch,
        "kind_label": kinds.label(batch.kind),
        "result": results.shown(batch),
        "progress": results.progress(batch),
        "under_way": results.under_way(batch),
        "taken_back": undoing.taken_back(batch),
        "continues": visible(request.user).filter(pk=batch.options.get("continues")).first(),
        "continuations": continuing.continuations(batch),
    }
    return render_page(request, "crm/imports/import.html", context, partial="progress")


@require_GET
@access.needs(Right.IMPORT)
def import_problems(request: HttpRequest, pk: int) -> HttpResponse:
    batch = find_import(request, pk)
    problems = batch.problems.all()
    chosen = request.GET.get("reason", "")
    if chosen:
        problems = problems.filter(reason=chosen)
    marks = request.GET.get("after", ""), request.GET.get("before", "")
    page = page_of(problems, ["row", "id"], after=marks[0], before=marks[1])
    context = {
        "section": "customers",
        "batch": batch,
        "page": page,
        "problems": [results.problem(batch, one) for one in page.rows],
        "reasons": [(code, words(code), n) for code, n in batch.counts.get("reasons", {}).items()],
        "chosen": chosen,
    }
    return render_page(request, "crm/imports/problems.html", context)


@require_GET
@access.needs(Right.IMPORT)
def import_errors(request: HttpRequest, pk: int) -> HttpResponseBase:
    batch = find_import(request, pk)
    path = batch.counts.get("error_file")
    if not path or not Path(path).is_file():
        raise Http404
    audit.record(request.user, "exported", batch)
    name = f"{Path(batch.file_name).name.split('.')[0] or 'import'}-{_('to correct')}-{pk}.csv"
    return FileResponse(Path(path).open("rb"), as_attachment=True, filename=name, content_type="text/csv")


@require_POST
@access.needs(Right.IMPORT)
def import_resume(request: HttpRequest, pk: int) -> HttpResponse:
    batch = find_import(request, pk)
    if batch.state == State.FAILED:
        running.resume(batch)
        transaction.on_commit(lambda: run_import.delay(pk))
    return redirect("crm:import", pk)


@require_POST
@access.needs(Right.IMPORT)
def import_cancel(request: HttpRequest, pk: int) -> HttpResponse:
    batch = find_import(request, pk)
    try:
        running.cancel(batch)
        messages.success(request, _("Cancelled. Nothing was imported."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("crm:import", pk)
    return redirect("crm:imports")
