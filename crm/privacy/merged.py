"""Images of a person from before a merge or a large change: an erasure reaches them through the journal."""

from __future__ import annotations

from collections.abc import Collection

from crm import journal
from crm.models import CustomerMerge


def forget_images(customers: Collection[int]) -> int:
    """Throw away the journal's images of these people and of everybody who became one with them."""
    everybody, fresh = set(customers), set(customers)
    while fresh:
        merges = CustomerMerge.objects.filter(survivor__in=fresh).values_list("merged_away", flat=True)
        fresh = {number for some in merges for number in some} - everybody
        everybody |= fresh
    CustomerMerge.objects.filter(survivor__in=everybody).update(left_as={})
    return journal.forget(everybody)
