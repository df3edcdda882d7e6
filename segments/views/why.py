"""Why somebody is in a segment or not, and what staff decide about them by hand."""

from __future__ import annotations

from typing import Any, cast
from urllib.parse import urlencode

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.urls import reverse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_GET, require_POST

from crm import access
from crm.access import Right
from crm.errors import Refusal
from crm.models import Customer
from crm.templatetags.crm_format import number
from crm.web import HtmxRequest, render_page
from segments.forms import PasteForm
from segments.membership import finding, hand
from segments.models import Membership, Segment
from segments.rules.explain import explain
from segments.rules.moment import Moment
from segments.rules.parsing import effective
from segments.rules.problems import InvalidRule

SHOWN = 10


@require_GET
@access.staff
def why(request: HttpRequest, public_id: str) -> HttpResponse:
    """One customer against one segment (?segment=), line by line."""
    customer = access.find_customer(request, public_id)
    slug = request.GET.get("segment", "")
    segment = Segment.objects.filter(slug=slug).first()
    context = {
        "section": "segments",
        "customer": customer,
        "segment": segment,
        "segments": Segment.objects.order_by("name").only("slug", "name"),
        **(_verdict(cast("HtmxRequest", request), segment, customer) if segment else {}),
    }
    return render_page(request, "segments/why.html", context, status=404 if slug and not segment else 200)


def _verdict(request: HtmxRequest, segment: Segment, customer: Customer) -> dict[str, Any]:
    stays = Membership.objects.filter(segment=segment, customer=customer).order_by("-entered_at", "-pk")
    found: dict[str, Any] = {"stay": stays.first(), "standing": hand.standing(segment, customer)}
    found["is_inside"] = found["stay"] is not None and found["stay"].left_at is None
    if segment.kind == Segment.Kind.STATIC:
        return found
    moment = Moment.now(business=request.business)
    try:
        found["why"] = explain(effective(segment), customer, moment)
    except InvalidRule as problem:
        found["problem"] = problem.reasons
    found["counts_back"] = moment.counts_back
    return found


@require_GET
@access.staff
def person_find(request: HttpRequest, slug: str) -> HttpResponse:
    """People to ask about, each with whether they are in the segment."""
    segment = get_object_or_404(Segment, slug=slug)
    words = request.GET.get("q", "").strip()
    people = access.customers(request.user).search(words).order_by("last_name", "pk") if words else None
    shown = list(people[:SHOWN]) if people is not None else []
    stays = Membership.objects.filter(segment=segment, left_at=None, customer__in=shown)
    inside = set(stays.values_list("customer_id", flat=True))
    context = {"section": "segments", "segment": segment, "words": words, "people": shown, "inside": inside}
    return render_page(request, "segments/person_find.html", context, partial="found")


@require_POST
@access.needs(Right.MARKET)
def hand_change(request: HttpRequest, slug: str) -> HttpResponse:
    """Put somebody in, keep them out, or let the rule decide again."""
    segment = get_object_or_404(Segment, slug=slug)
    customer = access.find_customer(request, request.POST.get("customer", ""))
    user, now = cast("HtmxRequest", request).user, timezone.now()
    words = {"name": customer.name, "segment": segment.name}
    try:
        match request.POST.get("do", ""):
            case "put_in":
                _new, kept = hand.put_in(segment, [customer.pk], by=user, at=now)
                if kept:
                    messages.error(request, _("%(name)s is kept out by hand. Undo that first.") % words)
                else:
                    messages.success(
                        request, _("%(name)s is in “%(segment)s”, whatever the rule says.") % words
                    )
            case "keep_out":
                hand.keep_out(segment, [customer.pk], by=user, at=now)
                messages.success(
                    request, _("%(name)s stays out of “%(segment)s”, whatever the rule says.") % words
                )
            case _:
                hand.undo(segment, customer.pk, at=now)
                messages.success(request, _("The rule decides about %(name)s again.") % words)
    except Refusal as refusal:
        messages.error(request, str(refusal))
    return redirect(_back(request, segment, customer))


@require_POST
@access.needs(Right.MARKET)
def hand_paste(request: HttpRequest, slug: str) -> HttpResponse:
    """Put a column of people in, or keep them out."""
    segment = get_object_or_404(Segment, slug=slug)
    form = PasteForm(request.POST)
    if not form.is_valid():
        messages.error(request, _("Please paste at least one e-mail or customer number."))
        return redirect(segment)
    ids, unknown = finding.known(form.cleaned_data["people"], access.customers(request.user))
    user, now, kept = cast("HtmxRequest", request).user, timezone.now(), 0
    try:
        if request.POST.get("do") == "keep_out":
            new = hand.keep_out(segment, ids, by=user, at=now)
            text = ngettext("%(count)s person is kept out now.", "%(count)s people are kept out now.", new)
        else:
            new, kept = hand.put_in(segment, ids, by=user, at=now)
            text = ngettext("%(count)s person was put in.", "%(count)s people were put in.", new)
    except Refusal as refusal:
        messages.error(request, str(refusal))
        return redirect(segment)
    messages.success(request, text % {"count": number(new)})
    if kept:
        text = ngettext(
            "%(count)s person stays out, because that was decided by hand.",
            "%(count)s people stay out, because that was decided by hand.",
            kept,
        )
        messages.warning(request, text % {"count": number(kept)})
    if unknown:
        messages.warning(request, finding.not_found(unknown))
    return redirect(segment)


def _back(request: HttpRequest, segment: Segment, customer: Customer) -> str:
    match request.POST.get("back", ""):
        case "why":
            address = reverse("segments:why", args=[customer.public_id])
            return f"{address}?{urlencode({'segment': segment.slug})}"
        case "customer":
            return str(customer.get_absolute_url())
    return f"{segment.get_absolute_url()}#by-hand"
