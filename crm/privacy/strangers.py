"""What came from the address of a person before it was known whose it is: cases, and mails put aside."""

from __future__ import annotations

from collections.abc import Collection

from crm.models import Case, Customer, ReceivedMail


def claim(customers: Collection[int]) -> int:
    """Before an erasure: cases of their addresses become theirs, mails without a case go."""
    changed = 0
    for person in Customer.objects.filter(pk__in=customers).exclude(email=""):
        if Customer.objects.filter(email=person.email).exclude(pk=person.pk).exists():
            continue  # Nobody knows which of them wrote.
        changed += Case.objects.filter(customer=None, sender_email__iexact=person.email).update(
            customer=person
        )
        for mail in ReceivedMail.objects.filter(sender__iexact=person.email, case=None):
            if mail.file:
                mail.file.delete(save=False)
            values = {"sender": "", "subject": "", "file": ""}
            changed += ReceivedMail.objects.filter(pk=mail.pk).update(**values)
    return changed
