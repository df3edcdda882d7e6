from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from crm import backups, privacy
from crm.commands import Answer, JsonCommand
from crm.privacy import archive, choosing


class Command(JsonCommand):
    help = "Write everything about a customer into a file, or erase the customer and keep the sums."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("what", choices=["export", "erase"])
        parser.add_argument("customer", help="public id, customer number or e-mail")

    def answer(self, **options: Any) -> Answer:
        person, now = choosing.customer(options["customer"]), timezone.now()
        if options["what"] == "export":
            return {"file": str(archive.file_of(archive.make(person, by=None, at=now)))}
        left = [one.name for one in backups.holding(person, now)]
        done = privacy.erase(person, by=None, at=now)
        told = {"erased": dict(done.tables), "files": done.files, "compacted": done.compacted}
        return {**told, "backups": left}  # Out of our reach: whoever asked deletes them.
