"""Settings → Connections: folders and addresses that are looked into on a schedule."""

from __future__ import annotations

from django.contrib import messages
from django.db import transaction
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods, require_POST

from crm import access, audit
from crm.feeds import looking, places
from crm.forms.shops import FeedForm
from crm.models import AuditEntry, Feed
from crm.tasks import look_into_feed
from crm.web import HtmxRequest, render_page


@require_http_methods(["GET", "POST"])
@access.owner
def feed(request: HtmxRequest, pk: int | None = None) -> HttpResponse:
    found = get_object_or_404(Feed, pk=pk) if pk is not None else None
    form = FeedForm(request.POST or None, instance=found)
    if request.method == "POST" and form.is_valid():
        row: Feed = form.save(commit=False)
        row.authorization = form.cleaned_data["authorization"] or row.authorization
        if {"url", "content", "preset"} & set(form.changed_data):
            row.etag = row.last_modified = ""
        if row.kind == Feed.Kind.FOLDER:
            places.folder(row.folder).mkdir(parents=True, exist_ok=True)
        row.save()
        audit.record(request.user, "changed" if found else "created", row)
        messages.success(request, _("Saved."))
        return redirect("crm:feed", pk=row.pk)
    context = {
        "section": "settings",
        "form": form,
        "feed": found,
        "files": found.files.select_related("batch")[:30] if found else [],
        "root": places.root(),
    }
    return render_page(request, "crm/connections/feed.html", context, status=422 if form.errors else 200)


@require_POST
@access.owner
def feed_change(request: HtmxRequest, pk: int) -> HttpResponse:
    """One button each: look now, on, off, away."""
    row = get_object_or_404(Feed.objects.defer("authorization"), pk=pk)
    what = request.POST.get("what", "")
    if what in ("now", Feed.State.ON):
        looking.switch(pk, Feed.State.ON)
        transaction.on_commit(lambda: look_into_feed.delay(pk))
        messages.success(request, _("Closeknit looks now. What it finds stands here in a moment."))
    elif what == Feed.State.OFF:
        looking.switch(pk, Feed.State.OFF)
    elif what == "remove":
        audit.record(request.user, AuditEntry.Action.DELETED, row)
        row.delete()
        return redirect("crm:connections")
    audit.record(request.user, AuditEntry.Action.CHANGED, row, detail=what[:20])
    return redirect("crm:feed", pk)
