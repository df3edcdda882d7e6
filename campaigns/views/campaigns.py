from __future__ import annotations

from typing import Any, cast

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.views.decorators.http import require_GET, require_http_methods

from campaigns import checks, gallery, placeholders, report_card, reports, variants
from campaigns.forms import CampaignForm
from campaigns.models import Campaign
from crm import access
from crm.access import Right
from crm.errors import Refusal
from crm.paging import page_of
from crm.web import HtmxRequest, render_page
from feedback.models import Survey
from segments.models import Segment

State = Campaign.State


@require_GET
@access.staff
def campaigns(request: HttpRequest) -> HttpResponse:
    found = Campaign.objects.all()
    state = request.GET.get("state", "")
    if state in State.values:
        found = found.filter(state=state)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = page_of(found, ("-created_at", "-pk"), after=after, before=before, size=25)
    reports.totals(page.rows)
    waiting = any(one.state in (State.SCHEDULED, State.PLANNING, State.SENDING) for one in page.rows)
    context = {"section": "campaigns", "page": page, "state": state, "states": State.choices}
    context["waiting"] = waiting  # Then it matters whether a worker runs.
    return render_page(request, "campaigns/campaigns.html", context)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def campaign_new(request: HttpRequest) -> HttpResponse:
    """Choose a design, then write; ?segment, ?survey and ?template fill the form."""
    request = cast("HtmxRequest", request)
    key = request.GET.get("template", "")
    chosen = gallery.find(key)
    if request.method == "GET" and chosen is None:
        context = {"section": "campaigns", "own": gallery.own(), **_designs(request), "query": _kept(request)}
        return render_page(request, "campaigns/choose.html", context)
    initial: dict[str, Any] = {}
    if chosen is not None:
        initial = {"subject": chosen.subject, "preheader": chosen.preheader, "mjml": chosen.mjml}
    slug = request.GET.get("segment") or request.GET.get("rule")
    initial["include"] = Segment.objects.filter(slug=slug or "").values_list("pk", flat=True)
    survey = Survey.objects.filter(slug=request.GET.get("survey", "")).first()
    initial["survey"] = survey or (_only_survey() if "survey_row" in initial.get("mjml", "") else None)
    form = CampaignForm(request.POST or None, initial=initial, business=request.business)
    return _editor(request, form, None)


def _only_survey() -> Survey | None:
    """The survey to suggest when there is nothing to choose."""
    found = list(Survey.objects.filter(state=Survey.State.OPEN, is_imported=False)[:2])
    return found[0] if len(found) == 1 else None


def _designs(request: HtmxRequest) -> dict[str, Any]:
    """Our designs in the languages of the shop and of the reader, under the names of these languages."""
    names = dict(variants.LANGUAGES)
    found = gallery.choices(request.business.language, request.LANGUAGE_CODE or "")
    return {"shipped": [(code, names.get(code, code), designs) for code, designs in found.items()]}


def _kept(request: HttpRequest) -> str:
    params = request.GET.copy()
    params.pop("template", None)
    return params.urlencode()


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def campaign_edit(request: HttpRequest, slug: str) -> HttpResponse:
    request = cast("HtmxRequest", request)
    campaign = get_object_or_404(Campaign, slug=slug)
    if refusal := campaign.why_fixed:
        messages.error(request, refusal)
        return redirect(campaign)
    form = CampaignForm(request.POST or None, instance=campaign, business=request.business)
    return _editor(request, form, campaign)


def _editor(request: HtmxRequest, form: CampaignForm, campaign: Campaign | None) -> HttpResponse:
    if request.method == "POST" and form.is_valid():
        try:
            return redirect(form.store(request.user))
        except Refusal as refusal:
            form.add_error(None, str(refusal))
    context = {
        "section": "campaigns",
        "form": form,
        "campaign": campaign,
        "placeholders": placeholders.everything(),
        "own": gallery.own(),
        **_designs(request),
        "segments": Segment.objects.all(),
    }
    status = 422 if request.method == "POST" else 200
    return render_page(request, "campaigns/editor.html", context, status=status)


@require_GET
@access.staff
def campaign(request: HttpRequest, slug: str) -> HttpResponse:
    """A draft with everything to look at before sending, or the report of what was sent."""
    request = cast("HtmxRequest", request)
    found = get_object_or_404(Campaign.objects.select_related("mailing", "survey", "created_by"), slug=slug)
    context: dict[str, Any] = {"section": "campaigns", "campaign": found}
    if found.state in (State.DRAFT, State.SCHEDULED, State.MISSED) and found.mailing is None:
        context |= checks.before_sending(found, request.business, request.user)
        return render_page(request, "campaigns/check.html", context)
    context |= report_card.build(found, request.business)
    return render_page(request, "campaigns/report.html", context, partial="numbers")
