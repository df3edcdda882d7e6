"""Changes that segments have not followed yet, and who takes them: a follower, or a refresh of everyone."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from crm import bulk
from crm.models import Purchase, PurchaseLine, Refund, Subscription
from segments.models import Following, ScoringRun, Segment, Touched

PORTION = 20_000  # Changes at once.
EVERYTHING = "everything"
MANY_CHANGES = 100_000
MANY = 20_000  # Customers; beyond, a refresh of everyone takes no longer.
State, Via = ScoringRun.State, Touched.Via


class TooMany(Exception):
    """So many customers are touched that everybody may as well be described anew."""


@dataclass(frozen=True, slots=True)
class Freshness:
    """Until when everything is in the segments; `is_now` where nothing waits to be followed."""

    at: datetime | None
    is_now: bool

    def of(self, segment: Segment) -> Freshness:
        """The same for one of them, which may have been counted since; one that fails or is a list, alone."""
        counted = Freshness(segment.refreshed_at, is_now=False)
        if segment.error or segment.kind == Segment.Kind.STATIC:
            return counted
        newer = segment.refreshed_at and (self.at is None or segment.refreshed_at > self.at)
        return counted if newer and not self.is_now else self


def freshness(now: datetime) -> Freshness:
    if Touched.objects.exists():
        return Freshness(Following.objects.values_list("caught_up_at", flat=True).filter(pk=1).first(), False)
    done = ScoringRun.objects.filter(kind=ScoringRun.Kind.REFRESH, state=State.DONE)
    return Freshness(now, is_now=True) if done.exists() else Freshness(None, is_now=False)


def cover() -> None:
    """A refresh of everyone begins and sees all changes there are: one row stands for them until it is live.

    Whoever follows now, ends first.
    """
    with transaction.atomic():
        lock()
        Touched.objects.all()._raw_delete("default")
        Touched.objects.create(what=EVERYTHING, via=Via.CUSTOMER, number=0)


def forget(numbers: Collection[int]) -> int:
    """What was noted of erased people becomes one note that they changed altogether."""
    gone, _ = Touched.objects.filter(via=Via.CUSTOMER, number__in=bulk.numbers(numbers)).delete()
    Touched.objects.bulk_create([Touched(what="new", via=Via.CUSTOMER, number=one) for one in numbers])
    return gone


def covered(at: datetime) -> None:
    """The refresh of everyone that began then is live, and the changes that it saw or made are worked in."""
    Touched.objects.filter(what__in=[EVERYTHING, "did:rfm_move"])._raw_delete("default")
    Following.objects.filter(pk=1).update(caught_up_at=at)


def needs_everybody() -> bool:
    """A refresh of everyone did not end, or so much has changed that none would take longer."""
    changes = Touched.objects.order_by()
    if changes.filter(what=EVERYTHING).exists():
        return True
    return changes[: MANY_CHANGES + 1].count() > MANY_CHANGES


def lock() -> Following:
    """Until the end of this transaction nobody else follows, and no refresh of everyone begins."""
    Following.objects.bulk_create([Following(pk=1)], ignore_conflicts=True)
    return Following.objects.select_for_update().get(pk=1)


def is_refreshing() -> bool:
    return ScoringRun.objects.filter(kind=ScoringRun.Kind.REFRESH, state=State.RUNNING).exists()


def take() -> tuple[frozenset[str], set[int]]:
    """The oldest changes: of what kinds they are, and whom they touch. They are gone when this ends well."""
    table = connection.ops.quote_name(Touched._meta.db_table)
    oldest = f"SELECT id FROM {table} ORDER BY id LIMIT {PORTION}"
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE id IN ({oldest}) RETURNING what, via, number")
        rows = cursor.fetchall()
    numbers: defaultdict[str, set[int]] = defaultdict(set)
    for _what, via, number in rows:
        numbers[via].add(number)
    people = numbers[Via.CUSTOMER] | _buyers(numbers[Via.PURCHASE]) | _reached(numbers[Via.PRODUCT])
    if len(people) > MANY:
        raise TooMany
    changes = {what for what, _via, _number in rows}
    if EVERYTHING in changes:
        raise TooMany
    if numbers[Via.PRODUCT]:
        changes |= {"refund", "subscription"}
    return frozenset(changes), people


def _buyers(purchases: set[int]) -> set[int]:
    if not purchases:
        return set()
    found = Purchase.objects.filter(pk__in=bulk.numbers(purchases), customer__isnull=False)
    return set(found.order_by().values_list("customer_id", flat=True))


def _reached(products: set[int]) -> set[int]:
    """Whoever has to do with these products; a few more than MANY at most."""
    found: set[int] = set()
    for model, path in (
        (PurchaseLine, "purchase__customer"),
        (Refund, "customer"),
        (Subscription, "customer"),
    ):
        if products:
            rows = model._default_manager.filter(product__in=bulk.numbers(products))
            who = rows.filter(**{f"{path}__isnull": False}).order_by().values_list(path, flat=True)
            found |= set(who.distinct()[: MANY + 1])
    return found
