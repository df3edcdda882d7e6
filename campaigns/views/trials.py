"""Setting up a test, ending it, and how a campaign is measured."""

from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET, require_http_methods, require_POST

from campaigns import experiments, kept, planning, trial_plan
from campaigns.models import Campaign, Experiment
from campaigns.trial_forms import ExperimentForm, MeasuringForm, remove
from crm import access, audit
from crm.access import Right
from crm.errors import Refusal
from crm.web import HtmxRequest, render_page

Kind = Experiment.Kind
ONE_BY_ONE = gettext_lazy("What goes out one by one has no versions: there is no group at once to divide.")


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def experiment(request: HttpRequest, slug: str) -> HttpResponse:
    """What is tried, with how many, and what that can find out at all."""
    request = cast("HtmxRequest", request)
    campaign = get_object_or_404(Campaign, slug=slug)
    if refusal := campaign.why_fixed or (ONE_BY_ONE if campaign.one_by_one else ""):
        messages.error(request, str(refusal))
        return redirect(campaign)
    form = _form(request, campaign)
    if request.method == "POST" and form.is_valid():
        try:
            form.store()
            messages.success(request, _("The test is ready. It begins when you send the campaign."))
            return redirect(campaign)
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    context = {
        "section": "campaigns",
        "campaign": campaign,
        "form": form,
        "kinds": Kind.choices,
        "written": form.instance.arms.exclude(letter="a")
        if form.instance.pk and form.kind == Kind.CONTENT
        else (),
        **_plan(campaign, form.arms, form),
    }
    return render_page(request, "campaigns/experiment.html", context, status=422 if form.errors else 200)


def _form(request: HtmxRequest, campaign: Campaign) -> ExperimentForm:
    instance = Experiment.objects.filter(campaign=campaign).first()
    asked = request.GET.get("kind", "")
    kind = asked if asked in Kind.values else (instance.kind if instance else Kind.SUBJECT)
    initial: dict[str, Any] = {}
    if instance is None and (usual := experiments.usual_percent(Experiment.Metric.CLICK)):
        initial["base_percent"] = round(max(usual, 0.1), 2)
    return ExperimentForm(
        request.POST or None,
        instance=instance,
        initial=initial,
        campaign=campaign,
        kind=kind,
        business=request.business,
    )


def _plan(campaign: Campaign, arms: int, form: ExperimentForm) -> dict[str, Any]:
    try:
        receivers = planning.forecast_live(
            campaign.include.all(), campaign.exclude.all(), per_household=campaign.one_per_household
        ).receivers
    except (Refusal, ValueError):
        receivers = 0
    receivers = round(receivers * (1 - campaign.holdout_percent / 100))
    values = {name: form[name].value() for name in ("share", "base_percent", "worth_percent")}
    return {"receivers": receivers, "plan": _planned(receivers, arms, **values)}


def _planned(people: int, arms: int, share: Any, base_percent: Any, worth_percent: Any) -> Any:
    """The plan for what stands in the form; None while that is no number or out of range."""
    try:
        part, base, worth = (float(one) / 100 for one in (share, base_percent, worth_percent))
    except (TypeError, ValueError):
        return None
    if not (0 < part <= 1 and 0 < base < 1 and 0 < worth <= 1 - base and 0 <= people < 10**9):
        return None
    return trial_plan.plan(people, arms, part, base, worth)


@require_GET
@access.needs(Right.MARKET)
def experiment_plan(request: HttpRequest, slug: str) -> HttpResponse:
    """What a test with the figures now in the form could find out."""
    get_object_or_404(Campaign, slug=slug)
    people = request.GET.get("people", "")
    receivers = int(people) if people.isdecimal() and len(people) < 10 else 0
    arms = 1 + sum(1 for letter in ("b", "c") if request.GET.get(letter))
    names = ("share", "base_percent", "worth_percent")
    values = {name: request.GET.get(name) for name in names}
    context = {"plan": _planned(receivers, max(arms, 2), **values), "receivers": receivers}
    return render(request, "campaigns/_plan.html", context)


@require_POST
@access.needs(Right.MARKET)
def experiment_remove(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign, slug=slug)
    try:
        remove(campaign)
        messages.success(request, _("There is no test any more. Everybody gets version A."))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(campaign)


@require_POST
@access.needs(Right.MARKET)
def experiment_choose(request: HttpRequest, slug: str) -> HttpResponse:
    """Send one version to the rest."""
    campaign = get_object_or_404(Campaign, slug=slug)
    found = experiments.of(campaign)
    letter = request.POST.get("version", "").lower()
    try:
        if found is None:
            raise Refusal(_("This campaign has no test."))
        experiments.choose(found, letter, now=timezone.now())
        audit.record(request.user, "changed", campaign, detail=f"version {letter}")
        messages.success(request, _("Version %s goes to the rest now.") % letter.upper())
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(campaign)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def measuring(request: HttpRequest, slug: str) -> HttpResponse:
    """Who is held out, when an order counts, what it cost, and whether anybody may read it."""
    campaign = get_object_or_404(Campaign, slug=slug)
    form = MeasuringForm(request.POST or None, instance=campaign)
    if request.method == "POST" and form.is_valid():
        form.store()
        kept.forget(campaign)
        messages.success(request, _("Saved."))
        return redirect(campaign)
    context = {"section": "campaigns", "campaign": campaign, "form": form}
    return render_page(request, "campaigns/measuring.html", context, status=422 if form.errors else 200)
