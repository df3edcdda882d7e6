"""Choices by hand that stand over the rule of a segment: put in, kept out, undone. Kept out wins."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import transaction
from django.db.models import Count, Q, QuerySet
from django.utils.translation import gettext as _

from crm.errors import Refusal
from crm.models import Customer, User
from segments import audience, refresh
from segments.models import HandPick, Segment

CHUNK = 500


@dataclass(frozen=True, slots=True)
class Standing:
    """What was decided by hand about one customer in one segment."""

    put_in: HandPick | None = None
    kept_out: HandPick | None = None

    @property
    def pick(self) -> HandPick | None:
        return self.kept_out or self.put_in


def put_in(
    segment: Segment, customer_ids: Sequence[int], *, by: User | None, at: datetime
) -> tuple[int, int]:
    """Put people in whatever the rule says; returns (how many are new, how many are kept out by hand)."""
    _check(segment)
    ids = list(dict.fromkeys(customer_ids))
    out = _in_force(segment).filter(included=False)
    kept = {
        pk for part in _parts(ids) for pk in out.filter(customer__in=part).values_list("customer", flat=True)
    }
    return _choose(segment, [pk for pk in ids if pk not in kept], True, by, at), len(kept)


def keep_out(segment: Segment, customer_ids: Sequence[int], *, by: User | None, at: datetime) -> int:
    """Keep people out whatever the rule says, and end that they were put in; returns how many are new."""
    _check(segment)
    return _choose(segment, list(dict.fromkeys(customer_ids)), False, by, at)


@transaction.atomic
def undo(segment: Segment, customer_id: int, *, at: datetime) -> int:
    """Let the rule decide about a customer again; returns how many choices ended."""
    ended = _in_force(segment).filter(customer=customer_id).update(ended_at=at)
    if ended:
        audience.recheck(segment, customer_id, at=at)
        _tell(segment)
    return ended


def standing(segment: Segment, customer: Customer) -> Standing:
    picks = {
        one.included: one for one in _in_force(segment).filter(customer=customer).select_related("made_by")
    }
    return Standing(picks.get(True), picks.get(False))


def chosen(segment: Segment, people: QuerySet[Customer], *, included: bool) -> QuerySet[HandPick]:
    """The choices in force about those of `people`, newest first."""
    found = _in_force(segment).filter(included=included, customer__in=people.values("pk"))
    return found.select_related("customer", "made_by").order_by("-made_at", "-pk")


def of_customer(customer: Customer) -> list[HandPick]:
    """All choices in force about one customer."""
    found = HandPick.objects.filter(customer=customer, ended_at=None).select_related("segment")
    return list(found.order_by("segment__name"))


def counts(segment: Segment) -> tuple[int, int]:
    """(put in, kept out)."""
    found = _in_force(segment).aggregate(
        put=Count("pk", filter=Q(included=True)), kept=Count("pk", filter=Q(included=False))
    )
    return found["put"], found["kept"]


def _in_force(segment: Segment) -> QuerySet[HandPick]:
    return HandPick.objects.filter(segment=segment, ended_at=None)


def _check(segment: Segment) -> None:
    if segment.kind != Segment.Kind.RULE:
        raise Refusal(_("A list kept by hand has no rule to overrule: put people on it or take them off."))


@transaction.atomic
def _choose(segment: Segment, ids: list[int], included: bool, by: User | None, at: datetime) -> int:
    standing_before = _in_force(segment).filter(included=included).count()
    for part in _parts(ids):
        if not included:
            _in_force(segment).filter(included=True, customer__in=part).update(ended_at=at)
        HandPick.objects.bulk_create(
            [
                HandPick(segment=segment, customer_id=pk, included=included, made_at=at, made_by=by)
                for pk in part
            ],
            ignore_conflicts=True,
        )
        audience.place(segment, part, inside=included, at=at)
    if ids:
        _tell(segment)
    return _in_force(segment).filter(included=included).count() - standing_before


def _tell(segment: Segment) -> None:
    """Segments that ask about this one are rebuilt soon; if that is lost, the night catches up."""
    if audience.used_by(segment):
        transaction.on_commit(lambda: refresh.request(["segments"]))


def _parts(ids: Sequence[int]) -> list[Sequence[int]]:
    return [ids[start : start + CHUNK] for start in range(0, len(ids), CHUNK)]
