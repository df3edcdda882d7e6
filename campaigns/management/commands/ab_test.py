"""Which of two or more arms did better, from their counts."""

from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser

from campaigns import verdicts
from crm.commands import Answer, JsonCommand


class Command(JsonCommand):
    help = "Compare shares: two-sided pooled z, the first arm is the reference."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--successes", type=int, nargs="+", required=True, metavar="N")
        parser.add_argument("--trials", type=int, nargs="+", required=True, metavar="N")

    def answer(self, **options: Any) -> Answer:
        return verdicts.ab_test(options["successes"], options["trials"])
