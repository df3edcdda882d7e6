"""Predictions: ask for one, watch it, stop it, read it, keep it as a score, delete it."""

from __future__ import annotations

from decimal import Decimal
from typing import Any

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_GET, require_POST

from crm import access
from crm.access import Right
from crm.errors import Refusal
from crm.models import WorkerHeartbeat
from crm.web import HtmxRequest, render_page
from segments.models import Score, ScoringRun
from segments.predictions import card as prediction_card
from segments.predictions import foretelling, kept_scores
from segments.predictions.form import KeepForm, PredictionForm, ProfitForm

RUNS = ScoringRun.objects.filter(kind=ScoringRun.Kind.PREDICT).defer("model")
FIRST_TERMS = {"margin": Decimal(20), "cost": Decimal(1)}


@require_GET
@access.staff
def prediction_list(request: HtmxRequest) -> HttpResponse:
    return _page(request, PredictionForm())


@require_POST
@access.needs(Right.MARKET)
def prediction_start(request: HtmxRequest) -> HttpResponse:
    form = PredictionForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    try:
        run = foretelling.prepare(form.cleaned_data["target"], form.cleaned_data["features"])
    except Refusal as refusal:
        form.add_error("features", str(refusal))
        return _page(request, form, status=422)
    foretelling.start(run)
    return redirect("segments:prediction", run.pk)


@require_GET
@access.staff
def prediction(request: HtmxRequest, pk: int) -> HttpResponse:
    return _result(request, pk, KeepForm())


@require_POST
@access.needs(Right.MARKET)
def prediction_keep(request: HtmxRequest, pk: int) -> HttpResponse:
    form, run = KeepForm(request.POST), get_object_or_404(ScoringRun, pk=pk)
    if not form.is_valid():
        return _result(request, pk, form, status=422)
    try:
        score = kept_scores.keep(run, form.cleaned_data["name"])
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        text = _("Kept. Rules can ask for “%(name)s” now; it is renewed every night.")
        messages.success(request, text % {"name": score.name})
    return redirect("segments:prediction", pk)


@require_POST
@access.needs(Right.MARKET)
def prediction_cancel(request: HtmxRequest, pk: int) -> HttpResponse:
    if foretelling.cancel(get_object_or_404(RUNS, pk=pk)):
        messages.success(request, _("Stopped. Nothing was changed."))
    else:
        messages.error(request, _("It had ended already."))
    return redirect("segments:prediction", pk)


@require_POST
@access.needs(Right.MARKET)
def prediction_delete(request: HtmxRequest, pk: int) -> HttpResponse:
    try:
        foretelling.remove(get_object_or_404(RUNS, pk=pk))
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("segments:prediction", pk)
    messages.success(request, _("The prediction is deleted."))
    return redirect("segments:predictions")


def _page(request: HtmxRequest, form: PredictionForm, *, status: int = 200) -> HttpResponse:
    context = {
        "section": "segments",
        "tab": "predictions",
        "form": form,
        "runs": [(run, prediction_card.title(run), prediction_card.lines(run)) for run in RUNS[:30]],
        "scores": Score.objects.select_related("run").defer("run__model"),
    }
    return render_page(request, "segments/predictions.html", context, status=status)


def _result(request: HtmxRequest, pk: int, form: KeepForm, *, status: int = 200) -> HttpResponse:
    run = get_object_or_404(RUNS, pk=pk)
    card = prediction_card.build(run) if run.state == ScoringRun.State.DONE else None
    context: dict[str, Any] = {
        "section": "segments",
        "run": run,
        "name": prediction_card.title(run),
        "waiting": run.state in foretelling.WAITING,
        "step": prediction_card.step(run),
        "worker": WorkerHeartbeat.anybody_there(),
        "card": card,
        "form": form,
        "score": run.scores.first(),
    }
    if card and card.is_chance:
        terms = ProfitForm(request.GET if "margin" in request.GET else None, initial=FIRST_TERMS)
        known = terms.cleaned_data if terms.is_bound and terms.is_valid() else FIRST_TERMS
        margin, cost = float(known["margin"]), float(known["cost"])
        context["terms"] = terms
        context["profit"] = prediction_card.profit(card.result, margin, cost, request.business.currency)
    return render_page(request, "segments/prediction.html", context, partial="work", status=status)
