from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from crm.commands import Answer, JsonCommand
from segments import refresh


class Command(JsonCommand):
    help = "Describe, score and group everyone as of today, and switch the result in whole."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--only", default="", help=f"steps, comma-separated: {', '.join(refresh.STEPS)}")

    def answer(self, **options: Any) -> Answer:
        steps = [name.strip() for name in options["only"].split(",") if name.strip()]
        unknown = [name for name in steps if name not in refresh.STEPS]
        if unknown:
            self.misused(f"no such step: {', '.join(unknown)} (there are {', '.join(refresh.STEPS)})")
        return refresh.run(None, only=steps)
