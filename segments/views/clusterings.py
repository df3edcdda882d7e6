"""Clusterings: start one, watch it, stop it, read it, use it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm import access
from crm.access import Right
from crm.errors import Refusal
from crm.models import WorkerHeartbeat
from crm.templatetags.crm_format import number
from crm.web import HtmxRequest, render_page
from segments import refresh, scoring
from segments.clusters import laboratory, report
from segments.clusters.form import ClusterForm
from segments.models import ScoringRun

RUNS = ScoringRun.objects.filter(kind=ScoringRun.Kind.CLUSTER).defer("model")
SHOWN = 30


@require_GET
@access.staff
def clusterings(request: HtmxRequest) -> HttpResponse:
    return _page(request, ClusterForm())


@require_POST
@access.needs(Right.MARKET)
def cluster_start(request: HtmxRequest) -> HttpResponse:
    form = ClusterForm(request.POST)
    if not form.is_valid():
        return _page(request, form, status=422)
    run = laboratory.prepare(form.cleaned_data["features"], **form.wish)
    laboratory.start(run)
    return redirect("segments:cluster_run", run.pk)


@require_GET
@access.staff
def cluster_run(request: HtmxRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(RUNS, pk=pk)
    context = {
        "section": "segments",
        "run": run,
        "asked": report.asked(run),
        "waiting": run.state in laboratory.WAITING,
        "worker": WorkerHeartbeat.anybody_there(),
        "report": report.report(run) if run.state == ScoringRun.State.DONE else None,
    }
    return render_page(request, "segments/cluster_run.html", context, partial="work")


@require_POST
@access.needs(Right.MARKET)
def cluster_use(request: HtmxRequest, pk: int) -> HttpResponse:
    try:
        count = laboratory.use(get_object_or_404(ScoringRun, pk=pk))
    except Refusal as refusal:
        messages.error(request, str(refusal))
    else:
        text = ngettext(
            "%(count)s customer now carries a cluster of this clustering; newcomers will get one too.",
            "%(count)s customers now carry a cluster of this clustering; newcomers will get one too.",
            count,
        )
        messages.success(request, text % {"count": number(count)})
    return redirect("segments:cluster_run", pk)


@require_POST
@access.needs(Right.MARKET)
def cluster_cancel(request: HtmxRequest, pk: int) -> HttpResponse:
    if laboratory.cancel(get_object_or_404(RUNS, pk=pk)):
        messages.success(request, _("Stopped. Nothing was changed."))
    else:
        messages.error(request, _("It had ended already."))
    return redirect("segments:cluster_run", pk)


def _page(request: HtmxRequest, form: ClusterForm, *, status: int = 200) -> HttpResponse:
    live = scoring.live_run(ScoringRun.Kind.CLUSTER)
    runs = [(run, *report.listed(run)) for run in RUNS.all()[:SHOWN]]
    context = {
        "section": "segments",
        "tab": "clusters",
        "form": form,
        "live": report.report(live) if live else None,
        "runs": runs,
        "comparable": sum(run.state == ScoringRun.State.DONE for run, *_words in runs) > 1,
        "status": refresh.status(),
    }
    return render_page(request, "segments/clusters.html", context, status=status)
