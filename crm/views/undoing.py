"""An import taken back: what would happen, and the order to do it."""

from __future__ import annotations

from typing import cast

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.views.decorators.http import require_http_methods

from crm import access
from crm.access import Right
from crm.errors import Refusal
from crm.imports import undoing
from crm.models import ImportBatch
from crm.tasks import undo_import
from crm.web import HtmxRequest, render_page


@require_http_methods(["GET", "HEAD", "POST"])
@access.needs(Right.MANAGE)
def import_undo(request: HttpRequest, pk: int) -> HttpResponse:
    batch = get_object_or_404(ImportBatch, pk=pk)
    user = cast("HtmxRequest", request).user
    if request.method == "POST":
        try:
            undoing.request(batch, user, at=timezone.now())
            transaction.on_commit(lambda: undo_import.delay(pk))
        except Refusal as refusal:
            messages.error(request, str(refusal))
        return redirect("crm:import", pk)
    preview = undoing.preview(batch, user)
    context = {"section": "customers", "batch": batch, "preview": preview}
    return render_page(request, "crm/imports/undo.html", context)
