from __future__ import annotations

from datetime import date
from typing import Any

from django.core.management.base import CommandParser

from crm.commands import Answer, JsonCommand
from crm.models import Business
from segments.lapse import judging


class Command(JsonCommand):
    help = (
        "Learn who will not buy again within a horizon, and judge that on a period after the one it was"
        " fitted on: the days after --as-of if they are over, else the last ones that are."
    )

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--as-of", type=date.fromisoformat, metavar="DATE")
        parser.add_argument(
            "--horizon-days",
            type=int,
            metavar="N",
            help="default: from when on the shop calls a customer lost, if the past is long enough",
        )

    def answer(self, **options: Any) -> Answer:
        business, days = Business.current(), options["horizon_days"]
        if days is not None and not judging.SHORTEST <= days <= judging.LONGEST:
            self.misused(f"--horizon-days must lie between {judging.SHORTEST} and {judging.LONGEST}")
        return judging.as_json(judging.judge(business, business.today(), as_of=options["as_of"], days=days))
