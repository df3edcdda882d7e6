"""An import taken back: what would happen, and the order to do it."""

from __future__ import annotations

from typing import Final, cast

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.views.decorators.http import require_GET, require_http_methods

from crm import access
from crm.access import Right
from crm.errors import Refusal
from crm.imports import undoing
from crm.imports.seeing import find_import
from crm.tasks import undo_import
from crm.web import HtmxRequest, render_page

ROWS: Final = 50


@require_http_methods(["GET", "HEAD", "POST"])
@access.needs(Right.MANAGE)
def import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    batch = find_import(request, pk)
    user = cast("HtmxRequest", request).user
    if request.method == "POST":
        try:
            undoing.request(batch, user, at=timezone.now())
            transaction.on_commit(lambda: undo_import.delay(pk))
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect("crm:import", pk)
    preview = undoing.preview(batch)
    context = {"section": "customers", "batch": batch, "preview": preview}
    return render_page(request, "crm/imports/undo.html", context)


@require_GET
@access.needs(Right.MANAGE)
def import_undo_rows(request: HttpRequest, pk: int) -> HttpResponse:
    """The people and other rows that keep an import from being undone, a page at a time."""
    batch = find_import(request, pk)
    user = cast("HtmxRequest", request).user
    cause = request.GET.get("cause", "")
    start = int(told) if (told := request.GET.get("from", "")).isdecimal() and len(told) < 9 else 0
    rows = undoing.in_the_way(batch, user, cause, start=start, most=ROWS + 1)
    context = {
        "section": "customers",
        "batch": batch,
        "rows": rows[:ROWS],
        "cause": cause,
        "following": start + ROWS if len(rows) > ROWS else None,
        "before": max(0, start - ROWS) if start else None,
    }
    return render_page(request, "crm/imports/undo_rows.html", context)
