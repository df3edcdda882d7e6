"""A shop by chance written to the database, so that compiled rules can be asked about it."""

from __future__ import annotations

from datetime import date
from decimal import Decimal

from crm.models import Customer, CustomerTag, Interaction, Purchase, PurchaseLine, Refund
from segments.models import CustomerFeatures, Membership, Segment


def store(world, names):
    """Write the people of a world; returns their primary keys beside them."""
    by_hand = Segment.objects.create(slug="by-hand", name="By hand", kind="static")
    Segment.objects.create(slug="by-rule", name="By rule", rule=world.segments["by-rule"])
    plain_fields = ("country", "city", "source", "email_consent", "birth_date", "created_on")
    rows = [
        Customer(
            custom={
                key: value.isoformat() if isinstance(value, date) else value
                for key, value in person["custom"].items()
            },
            **{name: person[name] for name in plain_fields},
        )
        for person in world.people
    ]
    Customer.objects.bulk_create(rows)
    for number, (row, person) in enumerate(zip(rows, world.people, strict=True)):
        if person["features"]:
            CustomerFeatures.objects.create(customer=row, as_of=world.today, **person["features"])
        CustomerTag.objects.bulk_create(
            CustomerTag(customer=row, tag=names["tags"][name], weight=weight)
            for name, weight in person["tags"].items()
        )
        Membership.objects.bulk_create(
            Membership(segment=by_hand, customer=row, entered_at=start, left_at=end)
            for start, end in person["stays"]["by-hand"]
        )
        store_events(row, person, names["products"], number)
    return [(row.pk, person) for row, person in zip(rows, world.people, strict=True)]


def store_events(row, person, products, number):
    bought, lines, given_back = [], [], []
    for index, purchase in enumerate(person["purchases"]):
        fields = {key: value for key, value in purchase.items() if key not in {"at", "refunds", "lines"}}
        back = sum((one["amount"] for one in purchase["refunds"]), Decimal(0))
        bought.append(
            Purchase(customer=row, key=f"{number}:{index}", bought_at=purchase["at"], refunded=back, **fields)
        )
    Purchase.objects.bulk_create(bought)
    for order, purchase in zip(bought, person["purchases"], strict=True):
        for index, line in enumerate(purchase["lines"]):
            product = None if line["index"] is None else products[line["index"]]
            amounts = {"amount": line["amount"], "quantity": line["quantity"], "price": 0}
            lines.append(PurchaseLine(purchase=order, product=product, fingerprint=f"{index}", **amounts))
        for index, one in enumerate(purchase["refunds"]):
            # Belongs to the order only, so that the event "refund" has its own rows to look at.
            key = f"{order.key}:{index}"
            given_back.append(Refund(key=key, purchase=order, amount=one["amount"], refunded_at=one["at"]))
    for index, refund in enumerate(person["refunds"]):
        refund["key"] = f"{number}:own:{index}"
        product = None if refund["index"] is None else products[refund["index"]]
        given_back.append(
            Refund(
                customer=row,
                key=refund["key"],
                number=refund["number"],
                product=product,
                quantity=refund["quantity"],
                amount=refund["amount"],
                refunded_at=refund["at"],
            )
        )
    PurchaseLine.objects.bulk_create(lines)
    Refund.objects.bulk_create(given_back)
    Interaction.objects.bulk_create(
        Interaction(customer=row, source="test", key=f"{number}:{index}", **entry)
        for index, entry in enumerate(person["entries"])
    )
