from __future__ import annotations

import sys
from pathlib import Path
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from crm.cases import incoming
from crm.cases.incoming.filing import LARGEST
from crm.commands import Answer, JsonCommand, existing_file


class Command(JsonCommand):
    help = "File one mail as it came from the mail server: from a file, or from standard input (-)."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("file", nargs="?", default="-", help="a mail (RFC 5322), or - (the default)")

    def answer(self, **options: Any) -> Answer:
        source: str = options["file"]
        if source == "-":
            raw = sys.stdin.buffer.read(LARGEST + 1)
        else:
            with existing_file(Path(source)).open("rb") as file:
                raw = file.read(LARGEST + 1)
        if not raw.strip():
            self.misused("There is no mail in it.")
        received = incoming.take(raw, at=timezone.now())
        return {
            "received": received.pk,
            "state": received.state,
            "reason": received.reason,
            "case": received.case_id,
        }
