"""What came from the address of a person before it was known whose it is: cases, and mails put aside."""

from __future__ import annotations

from collections.abc import Collection

from django.db.models import Count
from django.db.models.functions import Lower

from crm import bulk
from crm.models import Case, Customer, ReceivedMail


def claim(customers: Collection[int]) -> int:
    """Before an erasure: cases of their addresses become theirs, mails without a case go."""
    people = Customer.objects.filter(pk__in=customers).exclude(email="")
    owners: dict[str, Customer] = {one.email: one for one in people}
    # Of an address that somebody else has too nobody knows which of them wrote.
    shared = Customer.objects.filter(email__in=bulk.texts(owners)).values("email").annotate(n=Count("pk"))
    for email in shared.filter(n__gt=1).values_list("email", flat=True):
        owners.pop(email, None)
    changed = 0
    theirs = bulk.texts(owners)
    nobodys = Case.objects.filter(customer=None).annotate(address=Lower("sender_email"))
    cases = list(nobodys.filter(address__in=theirs).only("pk", "sender_email"))
    for case in cases:
        case.customer = owners[case.sender_email.lower()]
    Case.objects.bulk_update(cases, ["customer"], batch_size=500)
    aside = ReceivedMail.objects.filter(case=None).annotate(address=Lower("sender"))
    for mail in aside.filter(address__in=theirs):
        if mail.file:
            mail.file.delete(save=False)
        changed += ReceivedMail.objects.filter(pk=mail.pk).update(sender="", subject="", file="")
    return changed + len(cases)
