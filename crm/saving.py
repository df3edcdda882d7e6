"""Saving who a customer is, with what that means for permission to write."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from crm import consent, webhooks
from crm.forms.customers import CustomerForm
from crm.models import Customer


@transaction.atomic
def save(form: CustomerForm) -> Customer:
    """Save a valid form; a new address takes over what it once said no to."""
    fresh = form.instance.pk is None
    customer = form.save()
    if "email" in form.changed_data:
        consent.recall(customer)
    if form.cleaned_data.get("agreed"):
        consent.grant(customer, source="staff", at=timezone.now())
    _tell(customer, form.changed_data, fresh=fresh)
    return customer


def _tell(customer: Customer, changed: list[str], *, fresh: bool) -> None:
    """Other programs hear who and which fields, not what stands in them."""
    names = sorted(name.replace("custom_", "custom.", 1) for name in changed)
    if fresh:
        webhooks.emit("customer.created", {"customer": customer.public_id})
    elif names:
        webhooks.emit("customer.updated", {"customer": customer.public_id, "changed": names})


def same_address(customer: Customer, among: QuerySet[Customer]) -> QuerySet[Customer]:
    """Others (of `among`) with the same e-mail address: perhaps a couple, perhaps one person twice."""
    if not customer.email:
        return among.none()
    return among.filter(email=customer.email).exclude(pk=customer.pk)[:3]
