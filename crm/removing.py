"""Deleting customers with all that hangs on them, so that a journal can bring it back."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import batched

from crm import journal
from crm.journal import graph
from crm.models import Customer, Journal

AT_ONCE = 500


def remove(book: Journal, customer_ids: Sequence[int]) -> int:
    """Delete these customers; every row that goes with them, or lets go of them, is kept before."""
    _keep(book, Customer, list(customer_ids), set())
    gone = Customer.objects.filter(pk__in=customer_ids)
    count = gone.count()
    gone.delete()
    return count


def _keep(book: Journal, model: graph.Table, numbers: list[int], seen: set[tuple[graph.Table, int]]) -> None:
    fresh = [one for one in numbers if (model, one) not in seen]
    seen.update((model, one) for one in fresh)
    if not fresh:
        return
    journal.keep(book, model, fresh)
    for other, column in (*graph.referrers(model), *graph.followers(model)):
        field = next(one for one in other._meta.concrete_fields if one.column == column)
        for some in batched(fresh, AT_ONCE):
            rows = other._base_manager.filter(**{f"{field.name}__in": some})
            _keep(book, other, list(rows.values_list("pk", flat=True)), seen)
