"""Who saw, changed, exported and sent what."""

from __future__ import annotations

import csv
import json
from collections.abc import Iterator
from datetime import timedelta
from typing import cast

from django.contrib import messages
from django.http import HttpResponse, StreamingHttpResponse
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.timezone import localtime
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_http_methods

from crm import access, audit, audit_list
from crm.audit_list import Search
from crm.forms.team import KeptForm
from crm.models import AuditEntry, Business, User
from crm.paging import page_of
from crm.spreadsheets import safe
from crm.web import HtmxRequest, render_page

COLUMNS = ("at", "member", "action", "kind", "key", "count", "detail", "before", "after")


@require_GET
@access.owner
def audit_log(request: HtmxRequest) -> HttpResponse:
    search = Search.read(request.GET)
    page = page_of(
        search.apply(request.business.zone),
        ("-at", "-id"),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "section": "settings",
        "search": search,
        "page": page,
        "lines": audit_list.lines(page.rows),
        "members": User.objects.order_by("name", "email"),
        "kinds": audit_list.kinds(),
        "actions": AuditEntry.Action.choices,
    }
    return render_page(request, "crm/team/audit.html", context, partial="list")


@require_GET
@access.owner
def audit_csv(request: HtmxRequest) -> HttpResponseBase:
    found = Search.read(request.GET).apply(request.business.zone).order_by("-at", "-id")
    audit.record(request.user, AuditEntry.Action.EXPORTED, "auditentry", count=found.count())
    response = StreamingHttpResponse(_csv(found.iterator(2000)), content_type="text/csv; charset=utf-8")
    response["Content-Disposition"] = 'attachment; filename="audit.csv"'
    return response


class _Echo:
    def write(self, text: str) -> str:
        return text


def _csv(entries: Iterator[AuditEntry]) -> Iterator[str]:
    writer = csv.writer(_Echo())
    yield "\ufeff" + cast("str", writer.writerow(COLUMNS))
    for one in entries:
        who = one.actor.email if one.actor else ""
        cells = [one.at.isoformat(), who, one.action, one.kind, one.object_key, one.count, one.detail]
        texts = [*("" if cell is None else str(cell) for cell in cells), *map(_json, (one.before, one.after))]
        yield cast("str", writer.writerow(map(safe, texts)))


def _json(value: object) -> str:
    return "" if value is None else json.dumps(value, ensure_ascii=False)


@require_http_methods(["GET", "POST"])
@access.owner
def audit_kept(request: HtmxRequest) -> HttpResponse:
    """How long entries are kept; shows how many go before anything goes."""
    business = Business.current()
    form = KeptForm(request.POST or None, instance=business)
    going = None
    if request.method == "POST" and form.is_valid():
        limit = timezone.now() - timedelta(days=form.cleaned_data["audit_days"])
        going = AuditEntry.objects.filter(at__lt=limit).count()
        if "sure" in request.POST or not going:
            form.save()
            audit.record(request.user, "changed", business, change=audit.change_of(form))
            gone = audit.prune(limit)
            text = ngettext("Saved. %(n)s entry went.", "Saved. %(n)s entries went.", gone)
            messages.success(request, text % {"n": gone})
            return redirect("crm:audit")
    oldest = AuditEntry.objects.order_by("at", "id").values_list("at", flat=True).first()
    context = {"section": "settings", "form": form, "going": going, "oldest": oldest and localtime(oldest)}
    status = 422 if form.errors else 200
    return render_page(request, "crm/team/audit_kept.html", context, status=status)
