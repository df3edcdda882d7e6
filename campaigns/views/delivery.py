"""By whom a campaign is sent, how urgent it is, and when each person gets it."""

from __future__ import annotations

from django.contrib import messages
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils.translation import gettext as _
from django.views.decorators.http import require_http_methods

from campaigns.forms import DeliveryForm
from campaigns.models import Campaign
from crm import access
from crm.access import Right
from crm.web import render_page

STILL = (Campaign.State.DRAFT, Campaign.State.SCHEDULED, Campaign.State.MISSED)


@require_http_methods(["GET", "POST"])
@access.needs(Right.MARKET)
def delivery(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign, slug=slug)
    if campaign.state not in STILL:
        messages.error(request, _("This campaign has begun; how it is sent cannot be changed any more."))
        return redirect(campaign)
    form = DeliveryForm(request.POST or None, instance=campaign)
    if request.method == "POST" and form.is_valid():
        Campaign.objects.filter(pk=campaign.pk, state__in=STILL).update(**form.cleaned_data)
        messages.success(request, _("Saved."))
        return redirect(campaign)
    context = {"section": "campaigns", "form": form, "campaign": campaign}
    return render_page(request, "campaigns/delivery.html", context, status=422 if form.errors else 200)
