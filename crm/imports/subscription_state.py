"""What imported subscriptions went through, told in the ledger as those that are kept by hand tell it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime, time
from typing import Final

from crm import bulk
from crm.imports.kinds import Plan
from crm.models import Interaction, Product, Subscription
from crm.subscriptions import SOURCE

STATED: Final = ("state", "state_at", "reason")
State = Subscription.State


def write_states(
    made: Sequence[Subscription], changed: Sequence[Subscription], before: Mapping[int, str], plan: Plan
) -> None:
    """That each new one began, and that its state is another one than before."""
    told = [(one, "started", _morning(one, plan)) for one in made]
    told += [(one, one.state, one.state_at) for one in made if one.state != State.ACTIVE]
    told += [
        (one, "resumed" if one.state == State.ACTIVE else one.state, one.state_at)
        for one in changed
        if one.state != before[one.pk]
    ]
    if not told:
        return
    names = dict(
        Product.objects.filter(pk__in={one.product_id for one, _w, _at in told}).values_list("pk", "name")
    )
    numbers = bulk.reserve(Interaction, len(told))
    Interaction.objects.bulk_create(
        [
            Interaction(
                id=number,
                customer_id=one.customer_id,
                kind=f"subscription_{what}",
                at=at,
                source=SOURCE,
                key=f"{one.pk}:{what}:{at.isoformat()}",
                subject=f"{SOURCE}:{one.pk}",
                title=names[one.product_id][:250],
                properties={"reason": one.reason} if one.reason and what != "started" else {},
            )
            for number, (one, what, at) in zip(numbers, told, strict=True)
        ],
        batch_size=1000,
    )
    plan.made(Interaction, numbers)


def _morning(one: Subscription, plan: Plan) -> datetime:
    return datetime.combine(one.started_on, time(0), plan.zone)
