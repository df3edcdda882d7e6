"""What rows say about people and products besides their own event, written down before the event is."""

from __future__ import annotations

from typing import Any

from crm.imports import people, products, staging
from crm.imports.kinds import Plan


def describe(kind: int, facts: dict[str, dict[str, tuple[str, Any]]], plan: Plan) -> dict[str, Any]:
    """One call of `Session.describe`: products, or people with how many are new in this file."""
    if kind == products.KIND:
        products.describe(facts, plan)
        return {}
    verdicts = people.describe(facts, plan)
    return {"customers": people.count_new_here(verdicts, lambda keys: _in_file(keys, plan))}


def _in_file(keys: list[str], plan: Plan) -> set[str]:
    buckets = plan.buckets(keys, people.kind_of)
    parcels = staging.unpacked(plan.batch, "facts", buckets)
    return {key for parcel in parcels for key in parcel} & set(keys)
