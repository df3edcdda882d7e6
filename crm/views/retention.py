"""How long the shop keeps what: the rules, and what each would do before it is switched on."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm import access, paging
from crm.access import Right
from crm.behaviour import website
from crm.forms.retention import KeepForm
from crm.models import Business
from crm.privacy import retention
from crm.privacy.archive import KEPT as ARCHIVE_KEPT
from crm.privacy.handing import WORKS
from crm.privacy.retention import KEEPINGS, Keeping
from crm.web import HtmxRequest, render_page


def _keeping(kind: str) -> Keeping:
    if kind not in KEEPINGS:
        raise Http404
    return KEEPINGS[kind]


@require_GET
@access.needs(Right.MANAGE)
def rules(request: HtmxRequest) -> HttpResponse:
    stored = [(keeping, retention.rule(kind)) for kind, keeping in KEEPINGS.items()]
    context = {
        "section": "settings",
        "rules": [(keeping, rule, keeping.says(rule.keep_days)) for keeping, rule in stored],
        "site": website.current(),
        "audit_days": Business.current().audit_days,
        "archive_days": ARCHIVE_KEPT.days,
        "handed_days": WORKS.days,
    }
    return render_page(request, "crm/privacy/retention.html", context)


@require_GET
@access.needs(Right.MANAGE)
def rule(request: HtmxRequest, kind: str) -> HttpResponse:
    keeping, stored = _keeping(kind), retention.rule(kind)
    asked = "days" in request.GET
    form = KeepForm(request.GET if asked else None, keeping=keeping, days=stored.keep_days)
    days = form.cleaned_data["days"] if asked and form.is_valid() else stored.keep_days
    context = {
        "section": "settings",
        "keeping": keeping,
        "rule": stored,
        "form": form,
        "days": days,
        "sentence": keeping.says(days),
        **_preview(request, keeping, days),
    }
    return render_page(
        request, "crm/privacy/retention_rule.html", context, status=422 if form.errors else 200
    )


def _preview(request: HtmxRequest, keeping: Keeping, days: int) -> dict[str, Any]:
    """How many that is now, and who or what; whose customers are limited sees theirs only in the list."""
    found = keeping.find(timezone.now() - timedelta(days=days))
    listed = found
    if keeping.people:
        listed = found.filter(pk__in=access.customers(request.user).values("pk"))
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    return {
        "count": found.count(),
        "page": paging.page_of(listed, ["pk"], after=after, before=before, size=25),
    }


@require_POST
@access.needs(Right.MANAGE)
def switch(request: HtmxRequest, kind: str) -> HttpResponse:
    keeping = _keeping(kind)
    if "off" in request.POST:
        retention.switch_off(kind, by=request.user)
        messages.success(request, _("Switched off. Nothing is cleared by this rule any more."))
        return redirect("crm:retention")
    form = KeepForm(request.POST, keeping=keeping, days=retention.rule(kind).keep_days)
    if not form.is_valid():
        messages.error(request, _("Please choose how long to keep it."))
        return redirect("crm:retention_rule", kind)
    retention.switch_on(kind, form.cleaned_data["days"], by=request.user)
    messages.success(request, _("Switched on. It runs for the first time in the coming night."))
    return redirect("crm:retention")
