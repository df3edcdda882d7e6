"""Recurring revenue then and now: what the customers of the beginning still pay each month."""

from __future__ import annotations

from collections import defaultdict
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from crm.models import Business, Interaction, Purchase, Subscription
from crm.subscriptions import PER_MONTH, SOURCE
from segments import days

RUNS = {"subscription_started": True, "subscription_resumed": True}
ZERO = Decimal(0)
type Money = dict[int, Decimal]


def compare(start: date, day: date, business: Business) -> dict[str, Any] | None:
    """Monthly revenue at the beginning of `start` and at the end of `day`, in sum over customers.

    `kept` adds up the smaller of the two for each customer of the beginning, `now` what they pay at the end.
    None where no subscription ran at the beginning.
    """
    then, now = _monthly(start - timedelta(days=1), business), _monthly(day, business)
    began = sum(then.values(), ZERO)
    if not began:
        return None
    kept = sum((min(amount, now.get(pk, ZERO)) for pk, amount in then.items()), ZERO)
    still = sum((now.get(pk, ZERO) for pk in then), ZERO)
    return {"customers": len(then), "began": float(began), "kept": float(kept), "now": float(still)}


def _monthly(day: date, business: Business) -> Money:
    """What each customer pays a month by the end of the day."""
    end = days.end_of(day, business.zone)
    told, paid = _told(end), _paid(end)
    found: defaultdict[int, Decimal] = defaultdict(Decimal)
    rows = Subscription.objects.filter(started_on__lte=day)
    columns = rows.values_list("pk", "customer_id", "amount", "interval", "state", "state_at")
    for pk, customer, amount, interval, state, state_at in columns.iterator():
        if told.get(pk, state == Subscription.State.ACTIVE or state_at >= end):
            found[customer] += paid.get(pk, amount) * PER_MONTH[Subscription.Interval(interval)]
    return {customer: amount for customer, amount in found.items() if amount}


def _told(end: datetime) -> dict[int, bool]:
    """Whether each subscription ran at that moment, as the ledger has it: its last change before."""
    told = Interaction.objects.filter(source=SOURCE, kind__startswith="subscription_", at__lt=end)
    rows = told.order_by("at", "pk").values_list("subject", "kind")
    return {int(subject.rpartition(":")[2]): RUNS.get(kind, False) for subject, kind in rows.iterator()}


def _paid(end: datetime) -> dict[int, Decimal]:
    """What the last renewal before that moment cost."""
    renewals = Purchase.objects.filter(key__startswith="renewal:", bought_at__lt=end)
    rows = renewals.order_by("bought_at", "pk").values_list("key", "charged")
    return {int(key.split(":")[1]): charged for key, charged in rows.iterator()}
