"""The sender and the rules of the house: address, proof, and who has had enough for now."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from django.conf import settings
from django.urls import reverse
from django.utils.translation import gettext as _

from campaigns.models import Campaign
from campaigns.preflight.findings import Finding
from crm.models import Business, CustomerQuerySet


def findings(campaign: Campaign, business: Business) -> Iterator[Finding]:
    """With real mail the gaps block; in the sandbox, where nothing leaves, they only warn."""
    leaves = bool(settings.MAIL_CONNECTION)
    profile = reverse("crm:business")
    if not business.from_email:
        text = _("You have no sender address yet.")
        yield Finding("sender", text, leaves, "", profile, _("Set it in the business profile"))
    if not business.postal_address:
        text = _("Your postal address is missing. The law of many countries asks for it in marketing mail.")
        yield Finding("address", text, leaves, "", profile, _("Add it"))


def over_cap(campaign: Campaign, people: CustomerQuerySet, now: datetime) -> Iterator[Finding]:
    """Those who would have to wait, or be left out, because they got enough lately."""
    return iter(())
