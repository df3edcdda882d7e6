"""State and numbers of a campaign, which always add up."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from campaigns import reports
from crm.commands import JsonCommand


class Command(JsonCommand):
    help = "How many messages of a campaign are in which state."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("slug")

    def answer(self, **options: Any) -> dict[str, Any]:
        return reports.status(reports.named(options["slug"]))
