"""What can be done with a campaign; each by POST, each refused with a reason when it is too late."""

from __future__ import annotations

import uuid
from typing import cast

from django.contrib import messages
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST

from campaigns import lifecycle, preflight, tasks
from campaigns.forms import ScheduleForm, TestForm, free_slug
from campaigns.models import Campaign
from crm import access, audit, outbox
from crm.access import Right
from crm.errors import Refusal
from crm.web import HtmxRequest


def _done(request: HttpRequest, campaign: Campaign, text: str) -> HttpResponse:
    messages.success(request, text)
    return redirect(campaign)


def _refused(request: HttpRequest, campaign: Campaign, refusal: Refusal) -> HttpResponse:
    messages.error(request, str(refusal))
    return redirect(campaign)


@require_POST
@access.needs(Right.MARKET)
def send(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign, slug=slug)
    try:
        preflight.refuse_unfit(campaign, cast("HtmxRequest", request).business)
        lifecycle.launch(campaign, now=timezone.now())
    except Refusal as refusal:
        return _refused(request, campaign, refusal)
    transaction.on_commit(lambda: tasks.plan_campaign.delay(campaign.pk), robust=True)
    audit.record(request.user, "sent", campaign)
    return _done(request, campaign, _("It begins. You can leave this page; the sending goes on."))


@require_POST
@access.needs(Right.MARKET)
def schedule(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign, slug=slug)
    form = ScheduleForm(request.POST)
    if not form.is_valid():
        return _refused(request, campaign, Refusal(_("Please give a day and a time.")))
    try:
        preflight.refuse_unfit(campaign, cast("HtmxRequest", request).business)
        lifecycle.schedule(campaign, form.cleaned_data["at"], now=timezone.now())
    except Refusal as refusal:
        return _refused(request, campaign, refusal)
    audit.record(request.user, "sent", campaign, detail="scheduled")
    return _done(request, campaign, _("The campaign is on the schedule."))


@require_POST
@access.needs(Right.MARKET)
def back_to_draft(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign, slug=slug)
    try:
        lifecycle.back_to_draft(campaign)
    except Refusal as refusal:
        return _refused(request, campaign, refusal)
    return _done(request, campaign, _("The campaign is a draft again. Nothing was sent."))


@require_POST
@access.needs(Right.MARKET)
def pause(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign, slug=slug)
    try:
        lifecycle.pause(campaign)
    except Refusal as refusal:
        return _refused(request, campaign, refusal)
    return _done(request, campaign, _("Paused. Mails already in hand may still arrive."))


@require_POST
@access.needs(Right.MARKET)
def resume(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign, slug=slug)
    try:
        lifecycle.resume(campaign)
    except Refusal as refusal:
        return _refused(request, campaign, refusal)
    return _done(request, campaign, _("The sending goes on."))


@require_POST
@access.needs(Right.MARKET)
def cancel(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign, slug=slug)
    try:
        lifecycle.cancel(campaign, now=timezone.now())
    except Refusal as refusal:
        return _refused(request, campaign, refusal)
    return _done(request, campaign, _("Cancelled. Whoever had not got it yet will not get it."))


@require_POST
@access.needs(Right.MARKET)
def duplicate(request: HttpRequest, slug: str) -> HttpResponse:
    campaign = get_object_or_404(Campaign, slug=slug)
    copy = lifecycle.duplicate(campaign, free_slug(campaign.slug))
    messages.success(request, _("This is the copy, a new draft."))
    return redirect("campaigns:campaign_edit", copy.slug)


@require_POST
@access.needs(Right.MARKET)
def delete(request: HttpRequest, slug: str) -> HttpResponse:
    """Remove a draft that was never sent."""
    campaign = get_object_or_404(Campaign, slug=slug)
    if not Campaign.objects.filter(pk=campaign.pk, state=Campaign.State.DRAFT, mailing=None).delete()[0]:
        return _refused(request, campaign, Refusal(_("Only a draft can be deleted; what was sent is kept.")))
    messages.success(request, _("The draft “%s” is deleted.") % campaign.name)
    return redirect("campaigns:campaigns")


@require_POST
@access.needs(Right.MARKET)
def send_test(request: HttpRequest, slug: str) -> HttpResponse:
    """One mail to an address of one's own, written as the chosen customer would get it."""
    request = cast("HtmxRequest", request)
    campaign = get_object_or_404(Campaign, slug=slug)
    form = TestForm(request.POST)
    if not form.is_valid():
        return _refused(request, campaign, Refusal(_("Please give a complete e-mail address.")))
    person = access.customers(request.user).filter(public_id=request.POST.get("as", "")).first()
    context = {name: getattr(campaign, name) for name in ("subject", "preheader", "mjml", "text")}
    outbox.send_one(
        "test",
        kind="test",
        key=f"{campaign.pk}:{uuid.uuid4().hex}",
        to_email=form.cleaned_data["to"],
        name=_("Test mails"),
        context={**context, "survey": campaign.survey_id, "as": person.pk if person else None},
    )
    audit.record(request.user, "sent", campaign, count=1, detail="test")
    return _done(request, campaign, _("A test is on its way to %s.") % form.cleaned_data["to"])
