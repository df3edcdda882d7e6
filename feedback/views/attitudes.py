"""Needs and attitudes: questions whose answers are kept with the customer, and how they are spread."""

from __future__ import annotations

import json
from typing import Any
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access
from crm.access import Right
from crm.models import Customer
from crm.web import HtmxRequest, render_page
from feedback import attitudes, leanings
from feedback.forms.attitudes import AttitudeForm
from feedback.models import Attitude


@require_GET
@access.staff
def needs(request: HtmxRequest) -> HttpResponse:
    people = Customer.objects.filter(erased_at=None).count()
    rows = Attitude.objects.select_related("survey", "field")
    context = {
        "section": "feedback",
        "rows": [(one, one.known / people if people else None) for one in rows],
        "people": people,
    }
    return render_page(request, "feedback/needs.html", context)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def need_new(request: HtmxRequest) -> HttpResponse:
    form = AttitudeForm(request.POST or None)
    if request.method == "POST" and form.is_valid():
        made = form.save()
        messages.success(request, _("From now on the answers stand with the customers."))
        return redirect(made)
    context = {"section": "feedback", "form": form}
    return render_page(request, "feedback/need_new.html", context, status=422 if form.errors else 200)


@require_GET
@access.staff
def attitude(request: HtmxRequest, pk: int) -> HttpResponse:
    one = get_object_or_404(Attitude.objects.select_related("survey", "field"), pk=pk)
    by = request.GET.get("by", "")
    by = by if by in leanings.WAYS else "segment"
    found = leanings.of(one, by)
    context = {
        "section": "feedback",
        "one": one,
        "leaning": found,
        "by": by,
        "ways": leanings.WAYS,
        "fits": attitudes.still_fits(one),
        "few": leanings.FEW,
        "values": [(value, _builder(one, value)) for value in found.values],
        "table": [(row, [row.share(value) for value in found.values]) for row in found.rows],
    }
    return render_page(request, "feedback/need.html", context)


@require_POST
@access.needs(Right.MARKET)
def need_remove(request: HtmxRequest, pk: int) -> HttpResponse:
    """The field and its values stay; only new answers do not reach it any more."""
    get_object_or_404(Attitude, pk=pk).delete()
    messages.success(request, _("New answers do not reach the field any more. What it holds stays."))
    return redirect("feedback:needs")


def _builder(one: Attitude, value: str) -> str:
    rule: dict[str, Any] = {"field": f"custom.{one.field.key}", "op": "is", "value": value}
    asked = urlencode({"name": f"{one.field.label}: {value}"[:120], "rule": json.dumps(rule)})
    return f"{reverse('segments:segment_new')}?{asked}"
