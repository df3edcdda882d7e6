"""What left its usual range: figures of customers, segments, models."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm import access
from crm.access import Right
from crm.web import HtmxRequest, render_page
from segments import refresh
from segments.drift import watching, words
from segments.models import DriftAlarm

PAST = 20


@require_GET
@access.staff
def changes(request: HtmxRequest) -> HttpResponse:
    alarms = DriftAlarm.objects.select_related("seen_by")
    context = {
        "section": "segments",
        "tab": "measures",
        "part": "changes",
        "status": refresh.status(),
        "open": words.tell(list(alarms.filter(state=DriftAlarm.State.OPEN))),
        "past": words.tell(list(alarms.exclude(state=DriftAlarm.State.OPEN)[:PAST])),
        "watched": words.watched(),
        "least": watching.LEAST,
    }
    return render_page(request, "segments/measures/changes.html", context)


@require_POST
@access.needs(Right.MARKET)
def change_seen(request: HtmxRequest, pk: int) -> HttpResponse:
    alarm = get_object_or_404(DriftAlarm, pk=pk)
    if watching.take_as_normal(alarm, request.user, timezone.now()):
        messages.success(request, _("Taken for the new normal."))
    return redirect("segments:changes")
