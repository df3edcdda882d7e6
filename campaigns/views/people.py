"""The people behind the numbers, and the mails of one person."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_GET

from campaigns import planning, reports
from campaigns.models import Campaign
from campaigns.preflight import lacking as lacks
from crm import access
from crm.errors import Refusal
from crm.models import Message
from crm.outbox import reasons
from crm.paging import page_of
from crm.web import render_page

HEARD = {
    "opened": gettext_lazy("Opened"),
    "clicked": gettext_lazy("Clicked"),
    "unsubscribed": gettext_lazy("Unsubscribed"),
    "answered": gettext_lazy("Answered the survey"),
    "bought": gettext_lazy("Bought after a click"),
}


@require_GET
@access.staff
def recipients(request: HttpRequest, slug: str) -> HttpResponse:
    """The messages behind one number of the report."""
    campaign = get_object_or_404(Campaign, slug=slug)
    state, reason = request.GET.get("state", ""), request.GET.get("reason", "")
    position = request.GET.get("link", "")
    link = int(position) if position.isdecimal() and len(position) < 6 else None
    found = access.visible(request.user, reports.recipients(campaign, state, reason, link))
    after, before = request.GET.get("after", ""), request.GET.get("before", "")
    page = page_of(found.select_related("customer"), ("pk",), after=after, before=before)
    for message in page.rows:
        message.why = reports.why(message)  # type: ignore[attr-defined]
    context = {
        "section": "campaigns",
        "campaign": campaign,
        "page": page,
        "which": _which(campaign, state, reason, link),
    }
    return render_page(request, "campaigns/recipients.html", context)


def _which(campaign: Campaign, state: str, reason: str, link: int | None) -> str:
    if link is not None:
        found = campaign.links.filter(position=link).first()
        return _("Clicked on %s") % found.url if found else ""
    if reason:
        return reasons.label(reason)
    if state in HEARD:
        return str(HEARD[state])
    return (
        str(Message.State(state).label) if state in Message.State.values else _("Everybody of the audience")
    )


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
    return render(request, "campaigns/customer_panel.html", {"mails": reports.mails_to(customer)})
