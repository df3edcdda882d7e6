"""What came of a person before it was known whose it is: cases, mails put aside, what shops said, visits."""

from __future__ import annotations

import json
from collections.abc import Collection
from typing import Any, Final

from django.db.models import Count
from django.db.models.functions import Lower

from crm import bulk
from crm.models import AnonymousEvent, Case, Customer, DeliveryEvent, ReceivedMail, ShopEvent, Visitor
from crm.privacy import mentions

# Where shops write who ordered; what was ordered stands elsewhere.
WHO: Final = frozenset(
    (
        "billing",
        "billing_address",
        "browser_ip",
        "client_details",
        "contact_email",
        "customer",
        "customer_id",
        "customer_ip_address",
        "customer_note",
        "customer_user_agent",
        "email",
        "landing_site",
        "meta_data",
        "note",
        "note_attributes",
        "order_status_url",
        "payment_details",
        "payment_url",
        "phone",
        "referring_site",
        "shipping",
        "shipping_address",
        "tags",
        "user_id",
    )
)


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


def forget_returns(customers: Collection[int]) -> int:
    """What servers said of their addresses, about mails that nobody could place."""
    addresses = Customer.objects.filter(pk__in=customers).exclude(email="").values("email")
    return DeliveryEvent.objects.filter(customer=None, to_email__in=addresses).delete()[0]


def forget_visits(customers: Collection[int]) -> int:
    """What their browsers did before they said who they are."""
    browsers = Visitor.objects.filter(customer__in=bulk.numbers(customers)).values("visitor")
    return AnonymousEvent.objects.filter(visitor__in=browsers).delete()[0]


def forget_said_by_shops(customers: Collection[int]) -> int:
    """Messages of shops that nobody's row holds yet, and that are encrypted: no search of the database finds
    them. What is over is deleted; a sale that waits is taken in later, as nobody's."""
    people = list(Customer.objects.filter(pk__in=bulk.numbers(customers)))
    index = mentions.Index(mentions.needles_of(people))
    changed = 0
    for event in ShopEvent.objects.filter(customer=None).iterator(chunk_size=500):
        said = _said(event.body)
        if not index.found(json.dumps(said, ensure_ascii=False)):
            continue
        changed += 1
        waits = event.state in {ShopEvent.State.RECEIVED, ShopEvent.State.WORKING}
        if waits and event.topic.startswith(("order", "refund")) and isinstance(said, dict):
            body = json.dumps({key: one for key, one in said.items() if key not in WHO})
            ShopEvent.objects.filter(pk=event.pk).update(body=body)
        else:
            ShopEvent.objects.filter(pk=event.pk).delete()
    return changed


def _said(body: str) -> Any:
    try:
        return json.loads(body)
    except (ValueError, RecursionError):
        return body
