"""Send a campaign from a script: at its set time, or now."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from campaigns import lifecycle, planning, preflight, reports
from campaigns.models import Campaign
from crm.commands import JsonCommand
from crm.errors import Refusal
from crm.models import Business


class Command(JsonCommand):
    help = (
        "Send a draft: at its time where one is set, else now. The worker does the sending. "
        "What blocks the button blocks this too; every reason is said."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("slug")
        parser.add_argument("--now", action="store_true", help="do not wait for the set time")

    def answer(self, **options: Any) -> dict[str, Any]:
        campaign = reports.named(options["slug"])
        now = timezone.now()
        preflight.refuse_unfit(campaign, Business.current(), whole=True)
        if campaign.scheduled_at and campaign.scheduled_at > now and not options["now"]:
            lifecycle.schedule(campaign, campaign.scheduled_at, now=now)
        else:
            lifecycle.launch(campaign, now=now)
            planning.plan(campaign, now=now)
        campaign.refresh_from_db()
        if campaign.state == Campaign.State.DRAFT:
            raise Refusal(campaign.error)
        return reports.status(campaign)
