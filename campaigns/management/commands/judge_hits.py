"""Tell people from machines among the hits on mails, anew where the rules have changed."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from campaigns import tracking
from crm.commands import Answer, JsonCommand


class Command(JsonCommand):
    help = "Judge the hits that wait; with --all every hit ever kept, and correct ledger and reports."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--all", action="store_true", help="also what was judged before")

    def answer(self, **options: Any) -> Answer:
        began = time.perf_counter()
        if options["all"]:
            done = tracking.judge_all()
            answer: Answer = {"hits": done.hits, "changed": done.changed, **done.verdicts}
        else:
            answer = {"hits": tracking.settle(now=timezone.now())}
        return {**answer, "rules": tracking.rules(), "seconds": round(time.perf_counter() - began, 2)}
