"""The people behind the numbers, and the mails of one person."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.views.decorators.http import require_GET

from campaigns import planning, reports
from campaigns import recipients as chosen
from campaigns.models import Arm, Campaign
from campaigns.preflight import lacking as lacks
from campaigns.recipients import Wish
from crm import access
from crm.errors import Refusal
from crm.models import Message
from crm.paging import page_of
from crm.web import HtmxRequest, render_page


@require_GET
@access.staff
def recipients(request: HtmxRequest, slug: str) -> HttpResponse:
    """The messages behind one number of the report."""
    campaign = get_object_or_404(Campaign, slug=slug)
    wish = Wish.read(request.GET)
    found = chosen.found(campaign, wish, request.user)
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = page_of(found.select_related("customer"), ("pk",), after=after, before=before)
    chosen.heard(campaign, page.rows)
    arms = Arm.objects.filter(experiment__campaign=campaign).values_list("letter", flat=True)
    context = {
        "section": "campaigns",
        "campaign": campaign,
        "page": page,
        "wish": wish,
        "which": chosen.title(campaign, wish),
        "states": [("sent", Message.State.SENT.label), *chosen.HEARD.items()],
        "arms": list(arms),
    }
    return render_page(request, "campaigns/recipients.html", context)


@require_GET
@access.staff
def lacking(request: HttpRequest, slug: str, field: str) -> HttpResponse:
    """Those who would get a campaign and of whom something is not known."""
    campaign = get_object_or_404(Campaign, slug=slug)
    where, which = lacks.words(field)
    if where is None:
        raise Http404
    try:
        everybody = planning.people(campaign.include.all(), campaign.exclude.all(), planning.as_of_now)
    except (Refusal, ValueError) as problem:
        messages.error(request, str(problem))
        return redirect(campaign)
    found = access.customers(request.user, everybody.contactable().filter(where))
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = page_of(found, ("pk",), after=after, before=before)
    context = {"section": "campaigns", "campaign": campaign, "page": page, "which": which}
    return render_page(request, "campaigns/lacking.html", context)


@require_GET
@access.staff
def customer_panel(request: HttpRequest, public_id: str) -> HttpResponse:
    """The last campaigns to this person: state, opened, clicked, or why not sent."""
    customer = access.find_customer(request, public_id)
    return render(
        request, "campaigns/customer_panel.html", {"customer": customer, "mails": reports.mails_to(customer)}
    )
