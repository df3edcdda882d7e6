"""What a clustering is good for: rules that become segments, unusual customers, two of them compared."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.formats import date_format
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm import access
from crm.access import Right
from crm.errors import Refusal
from crm.paging import page_of
from crm.templatetags.crm_format import number as write
from crm.web import HtmxRequest, render_page
from segments import drafting
from segments.clusters import naming, report, side_by_side, unusual
from segments.models import CustomerFeatures, ScoringRun
from segments.people import Selection

RUNS = ScoringRun.objects.filter(kind=ScoringRun.Kind.CLUSTER).defer("model")
SHOWN = 30


@require_POST
@access.needs(Right.MARKET)
def cluster_segment(request: HtmxRequest, pk: int) -> HttpResponse:
    """Make the rule of a cluster an editable segment, and say whether it still finds the same people."""
    run = get_object_or_404(RUNS, pk=pk)
    number, clusters = request.POST.get("number", ""), run.result.get("clusters", [])
    if not number.isdecimal() or int(number[:6]) >= len(clusters):
        raise Http404
    one = clusters[int(number[:6])]
    if not one.get("rule"):
        raise Http404
    title = _("%(name)s (rule)") % {"name": naming.names(run)[int(number[:6])]}
    selection = Selection(title, CustomerFeatures.objects.none(), one["rule"], "")
    try:
        segment = drafting.segment_for(selection)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("segments:cluster_run", pk)
    messages.success(request, _claim(one["claimed"], segment.member_count, run))
    return redirect("segments:segment", segment.slug)


def _claim(claimed: int, count: int, run: ScoringRun) -> str:
    if claimed == count:
        return ngettext(
            "The segment has exactly the %(count)s customer whom the rule claims.",
            "The segment has exactly the %(count)s customers whom the rule claims.",
            count,
        ) % {"count": write(count)}
    text = ngettext(
        "The rule claimed %(claimed)s customer on %(day)s; today it finds %(count)s.",
        "The rule claimed %(claimed)s customers on %(day)s; today it finds %(count)s.",
        claimed,
    )
    return text % {
        "claimed": write(claimed),
        "day": date_format(run.as_of or run.created_at),
        "count": write(count),
    }


@require_GET
@access.staff
def cluster_unusual(request: HtmxRequest, pk: int) -> HttpResponse:
    run = get_object_or_404(RUNS, pk=pk)
    seen = access.visible(request.user, unusual.people(run))
    page = page_of(
        seen.select_related("customer", "customer__features"),
        ("-oddity", "pk"),
        after=request.GET.get("after", ""),
        before=request.GET.get("before", ""),
    )
    context = {
        "section": "segments",
        "run": run,
        "count": seen.count(),
        "page": page,
        "rows": [(row, unusual.in_words(run, row.why)) for row in page],
    }
    return render_page(request, "segments/cluster_unusual.html", context, partial="rows")


@require_POST
@access.needs(Right.MARKET)
def cluster_unusual_keep(request: HtmxRequest, pk: int) -> HttpResponse:
    try:
        segment = unusual.keep(get_object_or_404(RUNS, pk=pk))
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect("segments:cluster_unusual", pk)
    return redirect("segments:segment", segment.slug)


@require_GET
@access.staff
def cluster_compare_page(request: HtmxRequest) -> HttpResponse:
    """Two finished clusterings; without a choice the one in use (or the last) and the one before."""
    runs = list(side_by_side.DONE.defer("model")[:SHOWN])
    by_key = {str(run.pk): run for run in runs}
    newest = sorted(runs, key=lambda run: (not run.is_live, -run.pk))
    first = by_key.get(request.GET.get("a", ""), newest[0] if newest else None)
    others = [run for run in newest if run != first]
    second = by_key.get(request.GET.get("b", ""), others[0] if others else None)
    context = {
        "section": "segments",
        "runs": [(run, report.asked(run), report.listed(run)[0]) for run in runs],
        "first": first,
        "second": second,
        "found": side_by_side.compare(first, second) if first and second else None,
    }
    return render_page(request, "segments/cluster_compare.html", context)
