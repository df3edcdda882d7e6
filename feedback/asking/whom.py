"""Whom an automatic question would ask now, before it is seen who must be left in peace."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db.models import CharField, Exists, F, OuterRef, Q, QuerySet, Value
from django.db.models.functions import Cast, Concat, Mod

from crm.models import Case, Customer, Purchase, PurchaseLine
from feedback.models import Asking, Invitation, NotAsked
from segments.models import Membership

BATCH = 2000  # So many in one run; the next run goes on from there.
LATE = timedelta(days=14)  # A purchase that is imported so much later is asked about all the same.
PRIME = 1_000_003


@dataclass(frozen=True, slots=True)
class Candidate:
    """A customer, what it is about ("order:12"), when that was, and the product, if there is one."""

    customer: int
    about: str
    at: datetime
    product: int | None = None


def candidates(asking: Asking, *, now: datetime) -> list[Candidate]:
    """In the order of what happened; for a schedule, drawn anew each day."""
    match asking.occasion:
        case Asking.Occasion.PURCHASE:
            return _after_purchases(asking, now)
        case Asking.Occasion.CASE:
            return _after_cases(asking, now)
    return _drawn(asking, now)


def in_segment(asking: Asking, customers: Sequence[int]) -> set[int]:
    """Who of these is in the segment; all of them where none is named."""
    if not asking.segment:
        return set(customers)
    members = Membership.objects.filter(segment__slug=asking.segment, left_at=None, customer__in=customers)
    return set(members.values_list("customer", flat=True))


def _after_purchases(asking: Asking, now: datetime) -> list[Candidate]:
    until = now - timedelta(days=asking.delay_days)
    bought: QuerySet[Purchase] = Purchase.objects.counting().filter(
        bought_at__gt=_from(asking, until), bought_at__lte=until, customer__isnull=False
    )
    bought = _not_seen(asking, bought)
    wanted = Q()
    if asking.product_id:
        wanted &= Q(product=asking.product_id)
    if asking.category:
        wanted &= Q(product__category=asking.category)
    if wanted:
        bought = bought.filter(Exists(PurchaseLine.objects.filter(wanted, purchase=OuterRef("pk"))))
    rows = list(bought.order_by("bought_at", "pk").values_list("pk", "customer", "bought_at")[:BATCH])
    dearest = _dearest([pk for pk, _who, _at in rows], wanted)
    return [Candidate(who, f"order:{pk}", at, dearest.get(pk)) for pk, who, at in rows if who]


def _from(asking: Asking, until: datetime) -> datetime:
    """Files bring purchases days later, so a while before the mark is looked at again."""
    mark = asking.mark or until
    return max(asking.since, mark - LATE) if asking.since else mark


def _not_seen(asking: Asking, bought: QuerySet[Purchase]) -> QuerySet[Purchase]:
    """Without purchases that were asked about or left out before."""
    order = Cast(OuterRef("pk"), CharField())
    asked = Invitation.objects.filter(
        survey=asking.survey_id,
        customer=OuterRef("customer"),
        source=Concat(Value(f"{asking.source}:order:"), order),
    )
    left_out = NotAsked.objects.filter(
        asking=asking.pk, customer=OuterRef("customer"), about=Concat(Value("order:"), order)
    )
    return bought.filter(~Exists(asked), ~Exists(left_out))


def _dearest(purchases: Sequence[int], wanted: Q) -> dict[int, int]:
    """The product of each purchase that cost most: it is the one to ask about."""
    lines = PurchaseLine.objects.filter(wanted, purchase__in=purchases, product__isnull=False)
    rows = (
        lines.exclude(product__nature="charge").order_by("amount", "-pk").values_list("purchase", "product")
    )
    return {purchase: product for purchase, product in rows if product}


def _after_cases(asking: Asking, now: datetime) -> list[Candidate]:
    until = now - timedelta(days=asking.delay_days)
    solved = Case.objects.filter(
        solved_at__gt=asking.mark or until,
        solved_at__lte=until,
        customer__isnull=False,
        merged_into=None,
        state__in=[Case.State.SOLVED, Case.State.CLOSED],
    )
    rows = solved.order_by("solved_at", "pk").values_list("pk", "customer", "solved_at")[:BATCH]
    return [Candidate(who, f"case:{pk}", at) for pk, who, at in rows if who and at]


def _drawn(asking: Asking, now: datetime) -> list[Candidate]:
    """A part of those whose time has come, by a lot that changes each day and is the same when repeated."""
    today = now.date()
    source = f"{asking.source}:day:{today.isoformat()}"
    left = asking.a_day - Invitation.objects.filter(survey=asking.survey_id, source=source).count()
    if left <= 0:
        return []
    seed = (today.toordinal() * 7919 + asking.pk * 104_729) % PRIME
    lot = Mod(F("pk") * 7907 + seed * (F("pk") % 97 + 1), PRIME)
    found = ready(asking, now).annotate(lot=lot).order_by("lot", "pk").values_list("pk", flat=True)[:left]
    return [Candidate(who, f"day:{today.isoformat()}", now) for who in found]


def ready(asking: Asking, now: datetime) -> QuerySet[Customer]:
    """Everybody whom a schedule may ask now."""
    since = now - timedelta(days=asking.rest_days)
    found = Customer.objects.contactable().filter(erased_at=None)
    if asking.segment:
        inside = Membership.objects.filter(
            segment__slug=asking.segment, left_at=None, customer=OuterRef("pk")
        )
        found = found.filter(Exists(inside))
    lately = Invitation.objects.filter(customer=OuterRef("pk"), asked_at__gt=since)
    return found.filter(~Exists(lately))
