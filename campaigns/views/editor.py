"""The live parts of the editor: who will get it, how it looks, and for whom."""

from __future__ import annotations

from typing import cast

from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, render
from django.template.loader import render_to_string
from django.utils.csp import CSP
from django.views.decorators.csp import csp_override
from django.views.decorators.http import require_GET, require_POST

from campaigns import design, forms_words, gallery, placeholders, planning, slot_words
from campaigns.models import Campaign
from campaigns.rendering import DesignProblem, Sources
from crm import access
from crm.access import Right
from crm.errors import Refusal
from crm.models import Business, Customer
from crm.web import HtmxRequest
from feedback.models import Survey
from segments.models import Segment

# A mail is a document of its own: no scripts, no forms, only its own styles and pictures.
MAIL_CSP: dict[str, list[str]] = {
    "default-src": [CSP.NONE],
    "style-src": [CSP.UNSAFE_INLINE],
    "img-src": [CSP.SELF, "data:", "https:"],
    "frame-ancestors": [CSP.SELF],
    "base-uri": [CSP.NONE],
    "form-action": [CSP.NONE],
}


def _segments(request: HttpRequest, name: str) -> list[Segment]:
    keys = [key for key in request.GET.getlist(name) if key.isdecimal() and len(key) < 12]
    return list(Segment.objects.filter(pk__in=keys))


@require_GET
@access.needs(Right.MARKET)
def audience(request: HttpRequest) -> HttpResponse:
    """How many would get it now, and who not and why."""
    include = _segments(request, "include")
    context: dict[str, object] = {"chosen": bool(include)}
    try:
        context["forecast"] = planning.forecast_live(
            include, _segments(request, "exclude"), per_household="one_per_household" in request.GET
        )
    except (Refusal, ValueError) as problem:
        context["audience_problem"] = str(problem)
    return render(request, "campaigns/_audience.html", context)


@require_GET
@access.needs(Right.MARKET)
def people(request: HttpRequest) -> HttpResponse:
    """Some members to preview as: those found by ?q, or the next after ?after."""
    include = _segments(request, "include")
    found = access.customers(request.user)
    if include:
        found = found.filter(pk__in=planning.people(include, _segments(request, "exclude")).values("pk"))
    if words := request.GET.get("q", "").strip():
        found = found.search(words)
    after = request.GET.get("after", "")
    if after.isdecimal() and len(after) < 18:
        found = found.filter(pk__gt=int(after))
    context = {"people": found.order_by("pk")[:6], "words": words, "form_id": request.GET.get("form", "")}
    return render(request, "campaigns/_people.html", context)


def mail_page(
    written: Sources,
    business: Business,
    customer: Customer | None,
    survey: Survey | None,
    *,
    bare: bool = False,
) -> str:
    """The mail under a line like that of an inbox (not when `bare`), or what is wrong with it."""
    try:
        mail = design.preview(written, business, customer, survey)
    except DesignProblem as problem:
        return render_to_string("mail/preview_problem.html", {"problem": problem})
    if bare:
        return mail.html
    head = {"mail": mail, "sender": business.sender, "customer": customer}
    return render_to_string("mail/preview_head.html", head) + mail.html


@csp_override(MAIL_CSP)
@require_POST
@access.needs(Right.MARKET)
def preview(request: HttpRequest) -> HttpResponse:
    """The mail as it is being written, seen as the chosen person."""
    request = cast("HtmxRequest", request)
    data, names = request.POST, slot_words.words()
    written = Sources(
        names.coded(data.get("subject", "")[:200]),
        forms_words.merged(data),
        names.coded(data.get("preheader", "")[:200]),
        data.get("text", ""),
    )
    survey_key = data.get("survey", "")
    survey = (
        Survey.objects.filter(pk=survey_key).first()
        if survey_key.isdecimal() and len(survey_key) < 12
        else None
    )
    customer = access.customers(request.user).filter(public_id=data.get("as", "")).first()
    return HttpResponse(mail_page(written, request.business, customer, survey))


@require_POST
@access.needs(Right.MARKET)
def words(request: HttpRequest) -> HttpResponse:
    """The other side of a design, with what was written on this one: its words, or its layout."""
    mjml, mode = forms_words.merged(request.POST), request.GET.get("to", forms_words.WORDS)
    context = {"mjml": mjml, "mode": mode, "words": forms_words.WordsForm(mjml)}
    context["placeholders"] = placeholders.everything()
    return render(request, "campaigns/_design.html", context)


@require_POST
@access.needs(Right.MARKET)
def text(request: HttpRequest) -> HttpResponse:
    """The text part of a mail as it is being written, made anew from its design."""
    try:
        made = design.compiled(Sources("-", forms_words.merged(request.POST))).plain
    except DesignProblem as problem:
        return HttpResponse(str(problem), content_type="text/plain; charset=utf-8", status=422)
    return HttpResponse(made, content_type="text/plain; charset=utf-8")


@csp_override(MAIL_CSP)
@require_GET
@access.staff
def campaign_preview(request: HttpRequest, slug: str) -> HttpResponse:
    """The kept design, seen as ?as."""
    request = cast("HtmxRequest", request)
    campaign = get_object_or_404(Campaign.objects.select_related("survey"), slug=slug)
    customer = access.customers(request.user).filter(public_id=request.GET.get("as", "")).first()
    return HttpResponse(mail_page(design.sources(campaign), request.business, customer, campaign.survey))


@require_GET
@access.needs(Right.MARKET)
def design_source(request: HttpRequest, key: str) -> HttpResponse:
    """The source of a design, for the text field of the editor."""
    found = gallery.find(key)
    return HttpResponse(found.mjml if found else "", content_type="text/plain; charset=utf-8")
