"""What campaigns says."""

from __future__ import annotations

from campaigns.models.campaign import Campaign
from campaigns.models.event import Link, MessageEvent
from campaigns.models.experiment import Arm, CampaignFigures, Experiment
from campaigns.models.snippet import Snippet
from campaigns.models.template import MailTemplate
from campaigns.models.variant import Variant

__all__ = [
    "Arm",
    "Campaign",
    "CampaignFigures",
    "Experiment",
    "Link",
    "MailTemplate",
    "MessageEvent",
    "Snippet",
    "Variant",
]
