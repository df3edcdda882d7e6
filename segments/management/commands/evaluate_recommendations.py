from __future__ import annotations

from typing import Any

from crm.commands import Answer, JsonCommand
from segments.recommending import affinities


class Command(JsonCommand):
    help = (
        "Hide each customer's last order, recommend five products new to them, and count who bought one;"
        " the same for the most popular products."
    )

    def answer(self, **options: Any) -> Answer:
        found = affinities.evaluate()
        return {
            "hit_rate": found.hit_rate,
            "popularity_hit_rate": found.popularity_hit_rate,
            "coverage": found.coverage,
            "popularity_coverage": found.popularity_coverage,
            "gain": found.gain[0],
            "gain_interval": list(found.gain[1:]),
            "customers": found.customers,
            "products": found.products,
            "popularity": found.popularity,
        }
