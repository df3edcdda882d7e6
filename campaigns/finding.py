"""Campaigns in the palette, and those that stand on an own field."""

from __future__ import annotations

from collections.abc import Iterator

from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from campaigns.models import Campaign, MailTemplate
from crm import palette, sensitive
from crm.access import Right
from crm.models import CustomField, User


def register() -> None:
    sensitive.used_in(_mails_with)
    palette.register("campaigns", palette.Source(_("Campaigns"), _find))
    palette.page(palette.Place(_("Campaigns"), "campaigns:campaigns", "send"))
    palette.page(palette.Place(_("New campaign"), "campaigns:campaign_new", "plus", Right.MARKET))


def _find(_user: User, words: str) -> list[palette.Hit]:
    found = Campaign.objects.filter(name__icontains=words).order_by("-id")[: palette.SHOWN]
    return [palette.Hit(one.name, one.get_absolute_url(), "send") for one in found]


def _mails_with(field: CustomField) -> Iterator[str]:
    """Designs, and campaigns that are still to go, whose text names it."""
    word = f"custom.{field.key}"
    told = Q(mjml__contains=word) | Q(subject__contains=word)
    yield from MailTemplate.objects.filter(told).values_list("name", flat=True)
    over = (Campaign.State.DONE, Campaign.State.CANCELLED, Campaign.State.MISSED)
    still = Campaign.objects.exclude(state__in=over)
    yield from still.filter(told | Q(text__contains=word)).values_list("name", flat=True)
