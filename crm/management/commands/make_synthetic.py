"""Fill the database in use with invented customers and purchase lines, for benchmarks and load tests."""

from __future__ import annotations

import time
from typing import Any

from django.core.management.base import CommandParser

from crm import synthetic
from crm.commands import JsonCommand
from crm.models import Business


class Command(JsonCommand):
    help = "Add invented customers and purchase lines (about 3.5 lines an order)."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("--customers", type=int, required=True, metavar="N")
        parser.add_argument("--purchases", type=int, required=True, metavar="N", help="purchase lines in all")
        parser.add_argument("--seed", type=int, default=1, metavar="N")

    def answer(self, **options: Any) -> dict[str, Any]:
        if options["customers"] < 0 or options["purchases"] < 0:
            self.misused("--customers and --purchases cannot be below zero.")
        if options["purchases"] and not options["customers"]:
            self.misused("Purchases need customers; give --customers 1 or more.")
        started = time.monotonic()
        made = synthetic.fill(
            customers=options["customers"],
            lines=options["purchases"],
            seed=options["seed"],
            today=Business.current().today(),
        )
        return {**made, "seconds": round(time.monotonic() - started, 2)}
