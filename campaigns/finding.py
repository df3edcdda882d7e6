"""Campaigns in the palette."""

from __future__ import annotations

from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign
from crm import palette
from crm.access import Right
from crm.models import User


def register() -> None:
    palette.register("campaigns", palette.Source(_("Campaigns"), _find))
    palette.page(palette.Place(_("Campaigns"), "campaigns:campaigns", "send"))
    palette.page(palette.Place(_("New campaign"), "campaigns:campaign_new", "plus", Right.MARKET))


def _find(_user: User, words: str) -> list[palette.Hit]:
    found = Campaign.objects.filter(name__icontains=words).order_by("-id")[: palette.SHOWN]
    return [palette.Hit(one.name, one.get_absolute_url(), "send") for one in found]
