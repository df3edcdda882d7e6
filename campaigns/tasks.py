"""Doors for the worker."""

from __future__ import annotations

from functools import partial

from celery import shared_task
from django.utils import timezone

from campaigns import (
    effect,
    experiments,
    groups,
    kept,
    lifecycle,
    planning,
    report_card,
    thanking,
    tracking,
    worked,
)
from campaigns.models import Campaign
from crm.models import Business


@shared_task
def advance_campaigns() -> None:
    """Begin what is due, mark what was missed, take up what was left, finish what is done."""
    now = timezone.now()
    for pk in [*lifecycle.start_due(now=now), *lifecycle.take_up_stalled(now=now)]:
        plan_campaign(pk)
    tracking.settle(now=timezone.now())  # Before a test is read.
    experiments.advance(now=timezone.now())
    lifecycle.settle(now=timezone.now())


@shared_task
def count_ahead() -> None:
    """Count slow figures of reports before they are too old, so that nobody waits for them."""
    now = timezone.now()
    business = Business.current()
    for campaign, part in kept.stale(now=now):
        if part == report_card.PART:
            kept.refresh(campaign, part, partial(report_card.count, campaign), now=now)
        elif part == effect.PART:
            kept.refresh(campaign, part, partial(effect.count, campaign), now=now)
        elif part == worked.PART:
            kept.refresh(campaign, part, partial(worked.count, campaign, now=now), now=now)
        elif part.startswith(effect.QUARTER):
            kept.refresh(campaign, part, partial(effect.count_quarter, part, business), now=now)
        elif part.startswith("by."):
            kept.refresh(campaign, part, partial(groups.counted, campaign, part[3:], business), now=now)


@shared_task
def send_thanks() -> None:
    """Send what rules for answers gave away; harmless when repeated."""
    thanking.send_waiting(now=timezone.now())


@shared_task
def judge_hits() -> None:
    """Tell people from machines among what came a minute ago."""
    now = timezone.now()
    while tracking.settle(now=now) >= tracking.STEP:
        continue


@shared_task
def plan_campaign(campaign_id: int) -> None:
    """Prepare the messages of a campaign in PLANNING; harmless when repeated."""
    campaign = Campaign.objects.filter(pk=campaign_id, state=Campaign.State.PLANNING).first()
    if campaign is not None:
        planning.plan(campaign, now=timezone.now())
