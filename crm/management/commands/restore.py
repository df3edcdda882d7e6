from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from crm import backups
from crm.commands import Answer, JsonCommand


class Command(JsonCommand):
    help = "Put a backup in the place of everything that is stored. Stop web and workers before."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def answer(self, **options: Any) -> Answer:
        return asdict(backups.restore(options["file"], at=timezone.now()))
