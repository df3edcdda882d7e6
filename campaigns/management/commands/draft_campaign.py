"""Write a draft from a design that comes with the program or that the shop keeps."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.db import transaction
from django.db.models import Model
from django.utils.translation import gettext as _

from campaigns import gallery
from campaigns.models import Campaign
from crm.commands import JsonCommand
from crm.errors import Refusal
from feedback.models import Survey
from segments.models import Segment


class Command(JsonCommand):
    help = "Write a draft campaign, for send_campaign to send."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("slug")
        parser.add_argument(
            "--segment", action="append", required=True, metavar="SLUG", help="send to; repeatable"
        )
        parser.add_argument("--exclude", action="append", default=[], metavar="SLUG", help="but not to")
        parser.add_argument(
            "--template", default="welcome.en", metavar="NAME", help="welcome.en, offer.zh-hans, …"
        )
        parser.add_argument("--survey", metavar="SLUG")

    @transaction.atomic
    def answer(self, **options: Any) -> dict[str, Any]:
        design = gallery.find(options["template"])
        if design is None:
            raise Refusal(_("There is no template “%s”.") % options["template"])
        if Campaign.objects.filter(slug=options["slug"]).exists():
            raise Refusal(_("There is a campaign “%s” already.") % options["slug"])
        survey = _found(Survey, options["survey"]) if options["survey"] else None
        campaign = Campaign.objects.create(
            slug=options["slug"],
            name=options["slug"],
            subject=design.subject,
            preheader=design.preheader,
            mjml=design.mjml,
            survey=survey,
        )
        campaign.include.set(_found(Segment, slug) for slug in options["segment"])
        campaign.exclude.set(_found(Segment, slug) for slug in options["exclude"])
        return {"slug": campaign.slug, "state": campaign.state.upper()}


def _found[M: Model](model: type[M], slug: str) -> M:
    found: M | None = model._default_manager.filter(slug=slug).first()
    if found is None:
        raise Refusal(_("There is nothing called “%s”.") % slug)
    return found
