"""Customers → Data quality: what is missing or wrong, the rows behind each number, what is right anyway."""

from __future__ import annotations

from typing import Any

from django.contrib import messages
from django.db import transaction
from django.db.models import Model, QuerySet
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm import access, audit
from crm.access import Right
from crm.models import AuditEntry, Customer, QualityException, QualityRun
from crm.paging import page_of
from crm.quality import checking, excepting, showing
from crm.quality.rules import RULES, About, Rule, base
from crm.tasks import check_quality
from crm.web import HtmxRequest, render_page

BUSY = [QualityRun.State.QUEUED, QualityRun.State.RUNNING]


@require_GET
@access.needs(Right.MANAGE)
def quality(request: HtmxRequest) -> HttpResponse:
    latest = checking.latest()
    figures = latest.figures if latest else {}
    context = {
        "section": "customers",
        "latest": latest,
        "figures": figures,
        "busy": QualityRun.objects.filter(state__in=BUSY).first(),
        "fields": showing.field_lines(figures) if latest else [],
        "groups": showing.by_group(figures) if latest else [],
        "trend": showing.trend(QualityRun.objects.filter(created_at__gte=timezone.now() - showing.TREND)),
    }
    return render_page(request, "crm/quality/quality.html", context, partial="figures")


@require_POST
@access.needs(Right.MANAGE)
def quality_check(request: HtmxRequest) -> HttpResponse:
    run = checking.ask(at=timezone.now())
    audit.record(request.user, AuditEntry.Action.CHANGED, run)
    transaction.on_commit(lambda: check_quality.delay(run.pk))
    return redirect("crm:quality")


def _rule(key: str) -> Rule:
    rule = RULES.get(key)
    if rule is None:
        raise Http404
    return rule


def _seen(request: HtmxRequest, rule: Rule, rows: QuerySet[Any]) -> QuerySet[Any]:
    """Of the rows, those that this member of staff may see."""
    if rule.about == About.CUSTOMER:
        return access.customers(request.user, rows)  # type: ignore[arg-type]
    return access.visible(request.user, rows.select_related("customer"))


@require_GET
@access.needs(Right.MANAGE)
def quality_rule(request: HtmxRequest, rule: str) -> HttpResponse:
    found = _rule(rule)
    rows = _seen(request, found, found.rows(checking.current(timezone.now())))
    marks = request.GET.get("after", ""), request.GET.get("before", "")
    page = page_of(rows, ["-id"], after=marks[0], before=marks[1], size=30)
    fine = QualityException.objects.filter(rule=rule).select_related("by").order_by("-at")[:50]
    context = {
        "section": "customers",
        "rule": found,
        "page": page,
        "count": rows.count(),
        "list_url": showing.list_url(found),
        "fine": _with_rows(request, found, list(fine)),
    }
    return render_page(request, "crm/quality/rule.html", context)


def _with_rows(
    request: HtmxRequest, rule: Rule, fine: list[QualityException]
) -> list[tuple[QualityException, Model]]:
    model = Customer.objects.all() if rule.about == About.CUSTOMER else base(About.PURCHASE)
    rows = _seen(request, rule, model).in_bulk([one.row for one in fine])
    return [(one, rows[one.row]) for one in fine if one.row in rows]


@require_POST
@access.needs(Right.MANAGE)
def quality_accept(request: HtmxRequest, rule: str, pk: int) -> HttpResponse:
    """Say that the row is right, or take that back."""
    found = _rule(rule)
    row = get_object_or_404(_seen(request, found, base(found.about)), pk=pk)
    if "back" in request.POST:
        excepting.take_back(found, row.pk)
    elif reason := " ".join(request.POST.get("reason", "").split()):
        excepting.accept(found, row.pk, reason=reason, by=request.user)
    else:
        messages.error(request, _("Please say why this is right, so that others know."))
        return redirect("crm:quality_rule", rule)
    audit.record(request.user, AuditEntry.Action.CHANGED, row, detail=f"quality {rule}")
    return redirect("crm:quality_rule", rule)
