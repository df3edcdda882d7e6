"""Tags that a file puts on customers: added, never taken off."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from crm import tag_names
from crm.imports.kinds import Plan
from crm.models import CustomerTag, Tag


def take(
    facts: Mapping[str, Mapping[str, tuple[str, Any]]], people: Mapping[str, int], plan: Plan
) -> set[str]:
    """Put the tags on; returns the keys of the people who got one that they did not have."""
    said = {key: one["tags"][1] for key, one in facts.items() if "tags" in one}
    if not said:
        return set()
    known = _tags({name for names in said.values() for name in names}, plan)
    numbers = {people[key] for key in said}
    has = set(CustomerTag.objects.filter(customer_id__in=numbers).values_list("customer_id", "tag_id"))
    fresh = {
        (people[key], known[name.casefold()]): key
        for key, names in said.items()
        for name in names
        if (people[key], known[name.casefold()]) not in has
    }
    CustomerTag.objects.bulk_create(
        [
            CustomerTag(
                customer_id=number,
                tag_id=tag,
                source=CustomerTag.Source.IMPORT,
                reason=plan.batch.file_name[:200],
                tagged_at=plan.at,
            )
            for number, tag in fresh
        ],
        batch_size=1000,
        ignore_conflicts=True,
    )
    now = CustomerTag.objects.filter(customer_id__in=numbers).values_list("customer_id", "tag_id", "pk")
    plan.made(CustomerTag, [pk for number, tag, pk in now if (number, tag) in fresh])
    return set(fresh.values())


def _tags(names: set[str], plan: Plan) -> dict[str, int]:
    """Tag numbers by name without case; missing ones are made."""
    known = _known()
    missing = {name.casefold(): name for name in sorted(names) if name.casefold() not in known}
    if not missing:
        return known
    before = set(known.values())
    Tag.objects.bulk_create([Tag(name=name) for name in missing.values()], ignore_conflicts=True)
    known = _known()
    plan.made(Tag, set(known.values()) - before)
    return known


def _known() -> dict[str, int]:
    """Tags by model are known by their name in each of our languages."""
    tags = dict(Tag.objects.values_list("name", "pk"))
    others = {one.casefold(): number for name, number in tags.items() for one in tag_names.same(name)}
    return others | {name.casefold(): number for name, number in tags.items()}
