"""People made one for tests: a merge in one line, and every row before and after."""

from __future__ import annotations

import json
from typing import Any

from django.apps import apps
from django.core import serializers

from crm import merging
from crm.journal import graph
from crm.models import (
    AuditEntry,
    Customer,
    CustomerMerge,
    DuplicateGroup,
    DuplicateMember,
    Journal,
    JournalEntry,
)
from segments.models import Touched
from tests.people import NOON

BOOKKEEPING = (AuditEntry, CustomerMerge, Journal, JournalEntry, Touched)


def dump() -> dict[str, Any]:
    """Every row of every table of ours, but for what tells that something was merged."""
    ours = [
        one
        for one in apps.get_models()
        if one._meta.app_label in ("crm", "segments", "feedback", "campaigns")
    ]
    return {
        model._meta.label: sorted(
            json.dumps(row, sort_keys=True, default=str)
            for row in serializers.serialize("python", model._base_manager.all())
        )
        for model in ours
        if model not in BOOKKEEPING
    }


def pointing_at(number: int) -> dict[str, int]:
    """How many rows of each table name this customer."""
    return {
        f"{model._meta.label}.{column}": count
        for model, column in graph._pointing(Customer)
        if (count := model._base_manager.filter(**{column: number}).count())
    }


def merge(*people: Customer, **options: Any) -> CustomerMerge:
    return merging.merge([one.pk for one in people], by=None, at=NOON, **options)


def group_of(*people: Customer, confidence: float = 0.9) -> DuplicateGroup:
    group = DuplicateGroup.objects.create(key="-".join(str(one.pk) for one in people), confidence=confidence)
    DuplicateMember.objects.bulk_create([DuplicateMember(group=group, customer=one) for one in people])
    return group
