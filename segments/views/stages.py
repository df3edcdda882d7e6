"""From when on somebody is active, loyal, sleeping or lost: what the shop says, and what it changes."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm import access, audit
from crm.access import Right
from crm.ledger import STAGES
from crm.web import HtmxRequest, render_page
from segments import refresh, since_refresh
from segments.lifecycle import stages as lifecycle
from segments.lifecycle.forms import StagesForm


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def stages(request: HtmxRequest) -> HttpResponse:
    """Saves, or with `act=preview` only shows who would stand where."""
    form = StagesForm(request.POST or None, instance=lifecycle.chosen())
    is_good = request.method == "POST" and form.is_valid()
    if is_good and request.POST.get("act") == "save":
        audit.record(request.user, "changed", form.instance, change=audit.change_of(form))
        lifecycle.choose(form.instance)
        refresh.request()
        messages.success(request, _("Saved. A refresh puts everybody into their stage."))
        return redirect("segments:stages")
    status = refresh.status()
    after: dict[str, int] = {}
    if is_good and status.day:
        after = lifecycle.foresee(form.instance, status.day, business=request.business)
    context = {
        "section": "settings",
        "form": form,
        "status": status,
        "suggested": form.suggested,
        "half": round(form.suggested.usual_days or 0),
        "rows": _rows(since_refresh.figures("stages", lifecycle.counts), after),
        "after": bool(after),
    }
    return render_page(request, "segments/stages.html", context, status=422 if form.errors else 200)


def _rows(now: dict[str, int], after: dict[str, int]) -> list[dict[str, Any]]:
    return [
        {"code": code, "label": label, "now": now[code], "after": after.get(code, 0)}
        | {"change": after.get(code, 0) - now[code], "meaning": lifecycle.MEANINGS[code]}
        for code, label in STAGES.items()
    ]
