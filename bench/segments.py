"""Twenty segments of the invented shop, of the kinds that owners make."""

from __future__ import annotations

from typing import Any

from segments.models import Segment

RULES: tuple[dict[str, Any], ...] = (
    {"field": "country", "op": "is", "value": "Germany"},
    {"field": "country", "op": "in", "value": ["China", "France"]},
    {"field": "consent.email", "op": "is", "value": "granted"},
    {"field": "created_on", "op": "in_last_days", "value": 90},
    {"field": "orders", "op": "is", "value": 1},
    {"field": "orders", "op": ">=", "value": 5},
    {"field": "revenue", "op": ">", "value": 500},
    {"field": "average_order", "op": ">", "value": 100},
    {"field": "recency_days", "op": "<=", "value": 30},
    {"field": "recency_days", "op": ">", "value": 365},
    {"field": "rfm.group", "op": "is", "value": "champions"},
    {"field": "rfm.group", "op": "in", "value": ["at_risk", "cant_lose"]},
    {"field": "stage", "op": "is", "value": "loyal"},
    {"field": "clv", "op": ">", "value": 100},
    {"field": "alive_chance", "op": "<", "value": 0.3},
    {"did": "purchase", "where": [{"field": "category", "op": "is", "value": "Tea"}], "within_days": 365},
    {"did": "purchase", "measure": "sum", "op": ">=", "value": 200, "within_days": 365},
    {"did": "purchase", "value": 3, "within_days": 180},
    {"not": {"did": "purchase", "within_days": 180}},
    {"any": [{"in_segment": "bench-10"}, {"in_segment": "bench-12"}]},
)


def make() -> None:
    """The segments without members: the first refresh lets everybody enter."""
    Segment.objects.bulk_create(
        Segment(slug=f"bench-{place}", name=f"Bench {place}", rule={"all": [rule]})
        for place, rule in enumerate(RULES)
    )
