from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from crm import backups
from crm.commands import Answer, JsonCommand, new_file


class Command(JsonCommand):
    help = "Write everything into one file that SQLite and PostgreSQL can read back. The keys are not in it."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def answer(self, **options: Any) -> Answer:
        return asdict(backups.write(new_file(options["file"]), at=timezone.now()))
