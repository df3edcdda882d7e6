from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from crm import backups
from crm.commands import Answer, JsonCommand, existing_file

WARNING = (
    "Warning: %(n)d addresses and numbers of erased people were remembered with another SECRET_KEY. "
    "They cannot be matched: people who were erased after this backup may be back, and old lists may bring "
    "others back. Set the SECRET_KEY of then and restore again, or erase them again by hand."
)


class Command(JsonCommand):
    help = "Put a backup in the place of everything that is stored. Stop web and workers before."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", type=Path)

    def answer(self, **options: Any) -> Answer:
        done = backups.restore(existing_file(options["file"]), at=timezone.now())
        if done.unmatched:
            self.stderr.write(self.style.WARNING(WARNING % {"n": done.unmatched}))
        return asdict(done)
