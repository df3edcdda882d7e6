"""What each arm of an experiment achieved against the control, from a file with one row per person."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser

from campaigns import arms
from crm.commands import Answer, JsonCommand, existing_file


class Command(JsonCommand):
    help = "Compare outcomes by arm: pooled z for yes or no (0/1), Welch's t for amounts."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--file", required=True, type=Path, metavar="F")
        parser.add_argument("--arm", required=True, metavar="COLUMN")
        parser.add_argument("--control", required=True, metavar="VALUE")
        parser.add_argument("--outcome", required=True, metavar="COLUMN")

    def answer(self, **options: Any) -> Answer:
        found = arms.read(existing_file(options["file"]), options["arm"], options["outcome"])
        return arms.lift(found, options["control"])
