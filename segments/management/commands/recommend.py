from __future__ import annotations

from typing import Any

from django.core.management.base import CommandParser
from django.utils import timezone

from crm.commands import Answer, JsonCommand
from crm.privacy import choosing
from segments.recommending import affinities, suggesting


class Command(JsonCommand):
    help = "What could suit a customer, with the reason."

    def add_arguments(self, parser: CommandParser) -> None:
        super().add_arguments(parser)
        parser.add_argument("customer", help="public id, customer number or e-mail")
        parser.add_argument("--limit", type=int, default=suggesting.LIMIT, metavar="N")

    def answer(self, **options: Any) -> Answer:
        if options["limit"] < 1:
            self.misused("--limit must be 1 or more")
        customer = choosing.customer(options["customer"])
        if affinities.status().done is None:
            affinities.calculate()
        found = suggesting.for_customer(customer.pk, options["limit"], now=timezone.now())
        return {
            "items": [
                {
                    "product": one.product.name,
                    "sku": one.product.sku,
                    "score": one.score,
                    "because": one.because,
                    "reason": one.reason.value,
                }
                for one in found
            ]
        }
