"""Segments as the groups of service levels: which there are, and which of them hold a customer."""

from __future__ import annotations

from collections.abc import Collection

from crm.cases import levels
from segments.models import Membership, Segment


def register() -> None:
    levels.register(levels.Groups(choices=_choices, having=_having))


def _choices() -> list[tuple[str, str]]:
    return list(Segment.objects.order_by("name").values_list("slug", "name"))


def _having(customer_id: int, names: Collection[str]) -> set[str]:
    held = Membership.objects.filter(customer=customer_id, left_at=None, segment__slug__in=names)
    return set(held.values_list("segment__slug", flat=True))
