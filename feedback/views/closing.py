"""Rules for answers, and whether unhappy customers came back."""

from __future__ import annotations

from datetime import timedelta

from django.contrib import messages
from django.db.models import Count
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from crm import access
from crm.access import Right
from crm.models import Customer
from crm.web import HtmxRequest, render_page
from feedback import recovery, thanking
from feedback.forms.closing import RuleForm
from feedback.models import ClosingRule, Reask, Survey
from feedback.views.comments import answers_of

PERIODS = (90, 180, 365, 0)
LISTED = 100


@require_GET
@access.staff
def rules(request: HtmxRequest) -> HttpResponse:
    rows = list(ClosingRule.objects.select_related("survey", "theme", "owner").annotate(n=Count("followed")))
    mails = dict(thanking.choices())
    for one in rows:
        one.mail = mails.get(one.campaign, one.campaign)  # type: ignore[attr-defined]
    return render_page(request, "feedback/closing_rules.html", {"section": "feedback", "rows": rows})


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def rule_new(request: HtmxRequest) -> HttpResponse:
    return _edit(request, ClosingRule(score_to=6, reask_days=14, due_hours=24))


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def rule(request: HtmxRequest, pk: int) -> HttpResponse:
    return _edit(request, get_object_or_404(ClosingRule, pk=pk))


@require_POST
@access.needs(Right.MARKET)
def rule_switch(request: HtmxRequest, pk: int) -> HttpResponse:
    wanted = ClosingRule.State.ON if request.POST.get("to") == "on" else ClosingRule.State.OFF
    ClosingRule.objects.filter(pk=pk).update(state=wanted)
    return redirect("feedback:closing_rules")


@require_POST
@access.needs(Right.MARKET)
def rule_remove(request: HtmxRequest, pk: int) -> HttpResponse:
    get_object_or_404(ClosingRule, pk=pk).delete()
    messages.success(request, _("The rule is gone. What it did stays."))
    return redirect("feedback:closing_rules")


@require_GET
@access.staff
def came_back(request: HtmxRequest) -> HttpResponse:
    """The recovery page: who was unhappy, who was looked after, who is back."""
    surveys = list(Survey.objects.filter(answers__isnull=False).distinct().order_by("name", "pk"))
    slug = request.GET.get("survey", "")
    survey = next((one for one in surveys if one.slug == slug), surveys[0] if surveys else None)
    told = request.GET.get("days", "")
    days = int(told) if told in {str(one) for one in PERIODS} else 0
    since = timezone.now() - timedelta(days=days) if days else None
    answers = answers_of(request, survey)
    context = {
        "section": "feedback",
        "surveys": surveys,
        "survey": survey,
        "days": days,
        "periods": PERIODS,
        "found": recovery.of(survey, answers, since) if survey else None,
        "waiting": Reask.objects.filter(state=Reask.State.WAITING, answer__in=answers).count(),
        "asked": Reask.objects.filter(state=Reask.State.ASKED, answer__in=answers).count(),
    }
    return render_page(request, "feedback/recovery.html", context)


@require_GET
@access.staff
def unhappy(request: HtmxRequest, slug: str) -> HttpResponse:
    """The people behind a number of the recovery page."""
    survey = get_object_or_404(Survey, slug=slug)
    rows = recovery.unhappy(survey, answers_of(request, survey), None)
    which = request.GET.get("which", "")
    chosen = [one for one in rows if which in ("", *one.marks)]
    chosen.sort(key=lambda one: one.at, reverse=True)
    people = Customer.objects.in_bulk([one.customer for one in chosen[:LISTED]])
    shown = [(one, people[one.customer]) for one in chosen[:LISTED] if one.customer in people]
    context = {"section": "feedback", "survey": survey, "rows": shown, "n": len(chosen), "which": which}
    return render_page(request, "feedback/unhappy.html", context)


def _edit(request: HtmxRequest, one: ClosingRule) -> HttpResponse:
    form = RuleForm(request.POST or None, instance=one)
    if request.method == "POST" and form.is_valid():
        form.save()
        messages.success(request, _("The rule is kept. It is carried out for answers from now on."))
        return redirect("feedback:closing_rules")
    context = {"section": "feedback", "form": form, "one": one}
    return render_page(request, "feedback/closing_rule.html", context, status=422 if form.errors else 200)
