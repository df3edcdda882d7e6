"""The tags that the program gives by itself: which, from which limit on, and how many have each."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from crm import access, audit
from crm.access import Right
from crm.models import CustomerTag
from crm.web import HtmxRequest, render_page
from segments import refresh, since_refresh
from segments.model_tags import giving
from segments.model_tags.catalogue import CLASSES
from segments.model_tags.form import ModelTagsForm
from segments.model_tags.words import WHY
from segments.models import ModelTag


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def model_tags(request: HtmxRequest) -> HttpResponse:
    """Saves, or with `act=preview` only shows how many would have each tag."""
    rows = giving.classes()
    form = ModelTagsForm(request.POST or None, rows=rows)
    is_good = request.method == "POST" and form.is_valid()
    if is_good and request.POST.get("act") == "save":
        changed = form.save()
        if changed:
            audit.record(request.user, "changed", ("model tags", "1"), detail=", ".join(changed))
            refresh.request()
        messages.success(request, _("Saved. The next refresh gives the tags anew."))
        return redirect("segments:model_tags")
    status = refresh.status()
    context = {
        "section": "segments",
        "form": form,
        "status": status,
        "after": is_good,
        "rows": _rows(rows, form, request, status if is_good else None),
    }
    return render_page(request, "segments/model_tags.html", context, status=422 if form.errors else 200)


def _rows(
    rows: list[ModelTag], form: ModelTagsForm, request: HtmxRequest, status: refresh.Status | None
) -> list[dict[str, Any]]:
    uses = access.visible(request.user, CustomerTag.objects.filter(source=CustomerTag.Source.MODEL))
    counts = since_refresh.figures(
        f"model_tags.{since_refresh.scope(request.user)}",
        lambda: dict(uses.order_by().values_list("tag_id").annotate(n=Count("pk"))),
    )
    told = []
    for row in rows:
        then: giving.Ground | int = 0
        if status and status.day and form.cleaned_data[f"on_{row.code}"]:
            limit = form.limits()[row.code]
            limit = giving.usual(row.code, form.now) if limit is None else limit
            then = giving.foresee(row.code, limit, status.day, request.business)
        why = then.why if isinstance(then, giving.Ground) else row.found.get("why", "") if row.is_on else ""
        told.append(
            {
                "row": row,
                "class": CLASSES[row.code],
                "on": form[f"on_{row.code}"],
                "limit": form[f"limit_{row.code}"],
                "now": counts.get(row.tag_id, 0),
                "then": then if isinstance(then, int) else 0,
                "why": WHY.get(why, ""),
            }
        )
    return told
