"""What the page of a campaign shows before it is sent."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.utils import timezone

from campaigns import experiments, lifecycle, preflight, variants
from campaigns.forms import ScheduleForm, TestForm
from campaigns.models import Campaign
from crm.models import Business, User
from crm.outbox import senders


def before_sending(campaign: Campaign, business: Business, user: User) -> dict[str, Any]:
    include, exclude = list(campaign.include.all()), list(campaign.exclude.all())
    soon = timezone.localtime(timezone.now() + timedelta(hours=1)).replace(minute=0, second=0, microsecond=0)
    flight = preflight.look(campaign, business)
    return {
        "include": include,
        "exclude": exclude,
        "flight": flight,
        "trial": experiments.of(campaign),
        "held_percent": campaign.holdout_percent + business.holdout_percent,
        "forecast": flight.forecast,
        "audience_problem": "" if flight.forecast else flight.trouble,
        "languages": variants.languages(campaign, business),
        "sender": senders.written_by(campaign.sender, business),
        "schedule_form": ScheduleForm(initial={"at": campaign.scheduled_at or soon}),
        "test_form": TestForm(initial={"to": user.email}),
        "gives_up": lifecycle.latest_start(campaign),
    }
