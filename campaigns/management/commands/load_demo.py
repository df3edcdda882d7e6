"""Load the invented shop into an empty database, once, and refresh it."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from campaigns.demo import analysing, loading
from crm.commands import JsonCommand


class Command(JsonCommand):
    help = "Load the invented coffee and tea shop; does nothing when it is there already."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--customers", type=int, default=loading.PEOPLE, metavar="N")
        parser.add_argument("--seed", type=int, default=loading.SEED, metavar="N")

    def answer(self, **options: Any) -> dict[str, Any]:
        if options["customers"] < 1:
            self.misused("--customers must be 1 or more.")
        done = loading.load(timezone.now(), count=options["customers"], seed=options["seed"])
        if not done["already_loaded"]:
            analysing.analyse()
        return done
