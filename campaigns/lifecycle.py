"""The states of a campaign: every move is one conditional UPDATE, so of two people who press, one wins."""

from __future__ import annotations

from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import QuerySet
from django.utils.translation import gettext as _
from django.utils.translation import gettext_noop

from campaigns import planning, variants
from campaigns.models import Campaign
from crm import outbox
from crm.errors import Refusal
from crm.models import Business, Mailing
from crm.outbox import guarding
from crm.outbox.channels import refusal as nothing_may_leave

State = Campaign.State
STALLED = timedelta(minutes=2)  # Planning that gave no sign for so long is taken up again.


def check_ready(campaign: Campaign) -> None:
    """Refuse a campaign that cannot be sent, saying what to do."""
    if problem := variants.problem_in(campaign, Business.current()):
        raise Refusal(problem)
    if campaign.survey is not None and campaign.survey.state != "open":
        raise Refusal(_("The survey of this campaign is closed. Open it again or choose another."))
    if problem := nothing_may_leave():
        raise Refusal(problem)
    if campaign.one_by_one:
        return
    if problem := planning.forecast_live(
        campaign.include.all(), campaign.exclude.all(), per_household=campaign.one_per_household
    ).refusal:
        raise Refusal(problem)


def launch(campaign: Campaign, *, now: datetime) -> None:
    """Send now: a worker prepares the messages and begins."""
    check_ready(campaign)
    _move(
        campaign,
        (State.DRAFT, State.SCHEDULED, State.MISSED),
        State.PLANNING,
        scheduled_at=campaign.scheduled_at or now,
        started_at=now,
        error="",
    )


def schedule(campaign: Campaign, at: datetime, *, now: datetime) -> None:
    """Send at a time of the future."""
    if at <= now:
        raise Refusal(_("This time has passed. Choose a later one, or send now."))
    check_ready(campaign)
    _move(campaign, (State.DRAFT, State.MISSED), State.SCHEDULED, scheduled_at=at, error="")


def back_to_draft(campaign: Campaign) -> None:
    _move(campaign, (State.SCHEDULED, State.MISSED), State.DRAFT)


@transaction.atomic
def pause(campaign: Campaign) -> None:
    """Stop after the mails that are in hand."""
    _move(campaign, (State.SENDING,), State.PAUSED)
    if campaign.mailing:
        outbox.pause(campaign.mailing, gettext_noop("Paused by a person."))


@transaction.atomic
def resume(campaign: Campaign) -> None:
    _move(campaign, (State.PAUSED,), State.SENDING, error="")
    if campaign.mailing:
        guarding.forgive(campaign.mailing)
        outbox.resume(campaign.mailing)
    outbox.deliver_soon()


@transaction.atomic
def cancel(campaign: Campaign, *, now: datetime) -> None:
    """Stop for good: what waits becomes CANCELLED, what is out stays."""
    before = (State.SCHEDULED, State.PLANNING, State.SENDING, State.PAUSED, State.MISSED, State.DRAFT)
    _move(campaign, before, State.CANCELLED, finished_at=now)
    campaign.refresh_from_db(fields=["mailing"])
    if campaign.mailing:
        outbox.cancel(campaign.mailing)


def duplicate(campaign: Campaign, slug: str) -> Campaign:
    """A draft with the same content and segments, and nothing of its history."""
    copied = (
        "subject", "preheader", "mjml", "text", "survey", "tolerance_minutes", "created_by", "utm",
        "one_per_household", "one_by_one", "sender", "timing", "priority", "valid_hours",
        "holdout_percent", "effect_days",
    )  # fmt: skip
    values = {name: getattr(campaign, name) for name in copied}
    with transaction.atomic():
        copy = Campaign.objects.create(slug=slug, name=_("%s (copy)") % campaign.name[:110], **values)
        copy.include.set(campaign.include.all())
        copy.exclude.set(campaign.exclude.all())
        for variant in campaign.variants.all():
            variant.pk, variant.campaign = None, copy
            variant.save(force_insert=True)
    return copy


def start_due(*, now: datetime) -> list[int]:
    """Move scheduled campaigns on: begin what is due, mark what is too late. Returns those to plan."""
    begun = []
    for campaign in Campaign.objects.filter(state=State.SCHEDULED, scheduled_at__lte=now):
        assert campaign.scheduled_at is not None
        scheduled = Campaign.objects.filter(
            pk=campaign.pk, state=State.SCHEDULED, scheduled_at=campaign.scheduled_at
        )
        if now - campaign.scheduled_at > timedelta(minutes=campaign.tolerance_minutes):
            scheduled.update(state=State.MISSED)
        elif scheduled.update(state=State.PLANNING, started_at=now, error=""):
            begun.append(campaign.pk)
    return begun


def take_up_stalled(*, now: datetime) -> list[int]:
    """Claim planning that a killed worker left half-way."""
    stalled = Campaign.objects.filter(state=State.PLANNING, started_at__lt=now - STALLED)
    ids = list(stalled.values_list("pk", flat=True))
    return [pk for pk in ids if stalled.filter(pk=pk).update(started_at=now)]


def settle(*, now: datetime) -> None:
    """Follow the mailings: done when nothing waits, paused or cancelled when the outbox was."""
    for campaign in _running().select_related("mailing"):
        mailing = campaign.mailing
        assert mailing is not None
        here = Campaign.objects.filter(pk=campaign.pk, state=campaign.state)
        if mailing.state == Mailing.State.CLOSED:
            here.update(state=State.CANCELLED, finished_at=now, error=mailing.reason)
        elif mailing.state == Mailing.State.PAUSED and campaign.state == State.SENDING:
            here.update(state=State.PAUSED, error=mailing.reason)
        elif mailing.state == Mailing.State.OPEN and campaign.state == State.PAUSED:
            here.update(state=State.SENDING, error="")
        elif campaign.state != State.SENDING or campaign.one_by_one:
            continue
        elif outbox.is_finished(mailing):
            here.update(state=State.DONE, finished_at=now)


def _running() -> QuerySet[Campaign]:
    return Campaign.objects.filter(state__in=[State.SENDING, State.PAUSED], mailing__isnull=False)


def latest_start(campaign: Campaign) -> datetime | None:
    """When the schedule gives up."""
    if campaign.scheduled_at is None:
        return None
    return campaign.scheduled_at + timedelta(minutes=campaign.tolerance_minutes)


def _move(campaign: Campaign, before: tuple[str, ...], after: str, **values: object) -> None:
    if not Campaign.objects.filter(pk=campaign.pk, state__in=before).update(state=after, **values):
        current = Campaign.objects.get(pk=campaign.pk).get_state_display()
        raise Refusal(_("This is not possible any more: the campaign is in the state “%s”.") % current)
    campaign.state = after
