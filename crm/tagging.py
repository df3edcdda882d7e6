"""Tags on customers: put on with a weight, taken off."""

from __future__ import annotations

from datetime import datetime

from django.db import transaction

from crm.models import Customer, CustomerTag, Tag


@transaction.atomic
def add(customer: Customer, name: str, *, weight: int = 100, at: datetime, reason: str = "") -> CustomerTag:
    """Put a tag on a customer by hand; an equal name (whatever its case) is the same tag."""
    name = " ".join(name.split())
    tag = Tag.objects.filter(name__iexact=name).first() or Tag.objects.get_or_create(name=name)[0]
    values = {
        "weight": weight,
        "source": CustomerTag.Source.PERSON,
        "reason": reason,
        "tagged_at": at,
    }
    return CustomerTag.objects.update_or_create(customer=customer, tag=tag, defaults=values)[0]


def remove(customer: Customer, tag_id: int) -> bool:
    """Take the tag off; False when it was not there."""
    return bool(CustomerTag.objects.filter(customer=customer, tag_id=tag_id).delete()[0])
