"""Who belongs to a segment: what the apps above ask, and how memberships are switched."""

from __future__ import annotations

import contextlib
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import date, datetime
from typing import Any

from django.db import transaction
from django.db.models import Count, Exists, ManyToManyRel, Model, OuterRef, Q, QuerySet, Subquery
from django.db.models.functions import Coalesce
from django.utils import timezone
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.models import Business, Customer, CustomerQuerySet, ServiceLevel
from segments import days
from segments.ahead import Ahead
from segments.membership.switching import count, switch
from segments.models import Membership, Segment
from segments.rules.asks import is_touched
from segments.rules.compile import to_q
from segments.rules.moment import Moment
from segments.rules.parsing import effective, parse
from segments.rules.problems import InvalidRule

type Progress = Callable[[int, int], Any]
LARGE = 20  # Times a segment, at most, is everybody where its members are met often enough.


def members(segment: Segment) -> CustomerQuerySet:
    """The customers in a segment by the memberships in force."""
    return Customer.objects.filter(pk__in=numbers(segment))


def numbers(segment: Segment) -> QuerySet[Membership, Any]:
    """The same as `customer_id` alone: within another question the customers need not be looked up twice."""
    return Membership.objects.filter(segment=segment, left_at=None).order_by().values("customer_id")


def met_in_turn(segment: Segment, everybody: int) -> Q | Exists:
    """The condition of being in it, for the first few in some order: in a large segment they are met soon on
    the way. Of customers and of their features alike, as these have the same keys.
    """
    if segment.member_count * LARGE < everybody:
        return Q(pk__in=numbers(segment))
    return Exists(Membership.objects.filter(segment=segment, customer=OuterRef("pk"), left_at=None))


def members_on(segment: Segment, day: date, business: Business) -> CustomerQuerySet:
    """Who was in a segment at the end of a day of the shop, by the intervals of membership."""
    end = days.end_of(day, business.zone)
    stays = Membership.objects.filter(
        Q(left_at=None) | Q(left_at__gte=end), segment=segment, entered_at__lt=end
    )
    return Customer.objects.filter(pk__in=stays.values("customer_id"))


def live(rule: object, *, as_of: date | None = None, business: Business | None = None) -> CustomerQuerySet:
    """The customers whom a rule finds now. With `as_of`, ask inside `segments.features.aside`."""
    moment = Moment.end_of(as_of, business) if as_of else Moment.now(business=business)
    return Customer.objects.filter(to_q(parse(rule), moment))


def live_of(segment: Segment) -> CustomerQuerySet:
    """Whom a segment would hold if it were rebuilt this moment."""
    if segment.kind == Segment.Kind.STATIC or not segment.rule:
        return members(segment)
    return Customer.objects.filter(to_q(effective(segment), Moment.now()))


def rebuild(segment: Segment, *, at: datetime | None = None) -> int:
    """Calculate a segment anew and switch its memberships in whole; returns how many belong to it now.

    A rule that does not work leaves everything as it was and is raised.
    """
    at = at or timezone.now()
    node = effective(segment) if segment.kind == Segment.Kind.RULE else None
    return switch(segment, node, Moment.now(at), at)


def rebuild_all(at: datetime, progress: Progress | None = None, known: Ahead | None = None) -> int:
    """Every segment, those asked about by others first. One that fails keeps its members and says why.

    `known`: whom some rules found a moment ago.
    """
    ordered = in_order(list(Segment.objects.all()))
    moment, rebuilt = Moment.now(at), 0
    for done, segment in enumerate(ordered):
        if progress:
            progress(done, len(ordered))
        try:
            node = effective(segment) if segment.kind == Segment.Kind.RULE else None
        except InvalidRule as problem:
            Segment.objects.filter(pk=segment.pk).update(error=_short(problem.reasons))
            continue
        rule, ids = (known or {}).get(segment.pk, (None, None))
        switch(segment, node, moment, at, ids if rule == node else None)
        rebuilt += 1
    if progress:
        progress(len(ordered), len(ordered))
    return rebuilt


def rebuild_few(at: datetime, changes: frozenset[str]) -> list[str]:
    """Let those `at_hand` enter and leave the rule segments that ask about such changes; returns which.

    A rule that does not work is left to the rebuild of everyone, which says so.
    """
    moment = replace(Moment.now(at), few=True)
    rebuilt = []
    for segment in Segment.objects.filter(kind=Segment.Kind.RULE).order_by("pk"):
        with contextlib.suppress(InvalidRule):
            node = effective(segment)
            if is_touched(node, changes):
                switch(segment, node, moment, at)
                rebuilt.append(segment.slug)
    return rebuilt


def count_all() -> None:
    """Count the members of every segment anew, as after customers were deleted."""
    inside = Membership.objects.filter(segment=OuterRef("pk"), left_at=None).order_by()
    count = inside.values("segment").annotate(n=Count("pk")).values("n")
    Segment.objects.update(member_count=Coalesce(Subquery(count), 0))


def in_order(segments: Sequence[Segment]) -> list[Segment]:
    """Segments that others ask about come first; those in a circle come last, in any order."""
    asked = {segment.slug: slugs_in(segment.rule) for segment in segments}
    found: list[Segment] = []
    left = list(segments)
    while left:
        placed = {one.slug for one in found}
        waiting = {one.slug for one in left}
        ready = [one for one in left if not asked[one.slug] & waiting - placed]
        found += ready or left
        left = [one for one in left if one not in ready] if ready else []
    return found


def slugs_in(rule: Any) -> set[str]:
    """The segments that a stored rule names, whether it works or not."""
    if isinstance(rule, list):
        return set().union(*(slugs_in(part) for part in rule))
    if not isinstance(rule, dict):
        return set()
    own = {rule["in_segment"]} if isinstance(rule.get("in_segment"), str) else set()
    return own.union(*(slugs_in(rule[key]) for key in ("all", "any", "not") if key in rule))


def used_by(segment: Segment) -> list[Segment]:
    """Other segments whose rules ask about this one."""
    others = Segment.objects.filter(kind=Segment.Kind.RULE).exclude(pk=segment.pk)
    return [other for other in others if segment.slug in slugs_in(other.rule)]


def used_elsewhere(segment: Segment) -> list[Model]:
    """Rows of the apps above that chose this segment, campaigns for example; found by their relations."""
    found: list[Model] = list(ServiceLevel.objects.filter(group=segment.slug))
    for relation in Segment._meta.get_fields(include_hidden=True):
        if relation.auto_created and relation.many_to_many and isinstance(relation, ManyToManyRel):
            rows = relation.related_model._base_manager.filter(**{relation.field.name: segment.pk})
            found += [row for row in rows if row not in found]
    return found


@transaction.atomic
def delete(segment: Segment) -> None:
    """Remove a segment that nothing else asks about."""
    users: list[Model] = [*used_by(segment), *used_elsewhere(segment)]
    if users:
        names = ", ".join(f"“{one}”" for one in users)
        raise Refusal(
            _("“%(name)s” is used in %(names)s. Change those first.") % {"name": segment.name, "names": names}
        )
    segment.delete()


@transaction.atomic
def add(segment: Segment, customer_ids: Sequence[int], *, at: datetime) -> int:
    """Put people on a list kept by hand; returns how many are new."""
    inside = set(members(segment).filter(pk__in=customer_ids).values_list("pk", flat=True))
    new = [Membership(segment=segment, customer_id=pk, entered_at=at) for pk in dict.fromkeys(customer_ids)]
    new = [one for one in new if one.customer_id not in inside]
    Membership.objects.bulk_create(new, batch_size=1000, ignore_conflicts=True)
    count(segment, at)
    return len(new)


@transaction.atomic
def remove(segment: Segment, customer_id: int, *, at: datetime) -> int:
    """Take somebody off a list kept by hand."""
    inside = Membership.objects.filter(segment=segment, customer_id=customer_id, left_at=None)
    gone = inside.update(left_at=at)
    count(segment, at)
    return gone


def recheck(segment: Segment, customer_id: int, *, at: datetime) -> None:
    """Let one person enter or leave a rule segment at once, as the rule and choices by hand say."""
    moment = replace(Moment.now(at), person=customer_id)
    fits = Customer.objects.filter(to_q(effective(segment), moment), pk=customer_id).exists()
    place(segment, [customer_id], inside=fits, at=at)


def place(segment: Segment, customer_ids: Sequence[int], *, inside: bool, at: datetime) -> None:
    """Let these few be inside, or outside, from now on; everybody else stays where they are."""
    with transaction.atomic():
        Segment.objects.select_for_update().get(pk=segment.pk)
        stays = Membership.objects.filter(segment=segment, customer__in=customer_ids, left_at=None)
        if inside:
            already = set(stays.values_list("customer_id", flat=True))
            new = [Membership(segment=segment, customer_id=pk, entered_at=at) for pk in customer_ids]
            new = [one for one in new if one.customer_id not in already]
            Membership.objects.bulk_create(new, ignore_conflicts=True)
        else:
            stays.update(left_at=at)
        segment.member_count = members(segment).count()
        segment.save(update_fields=["member_count"])


def _short(text: str) -> str:
    return text if len(text) <= 300 else text[:299] + "…"


__all__ = [
    "add",
    "count_all",
    "delete",
    "in_order",
    "live",
    "live_of",
    "members",
    "members_on",
    "met_in_turn",
    "numbers",
    "place",
    "rebuild",
    "rebuild_all",
    "rebuild_few",
    "recheck",
    "remove",
    "slugs_in",
    "used_by",
]
