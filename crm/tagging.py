"""Tags on customers: put on with a weight, taken off; the tags themselves renamed, merged and deleted."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Avg, Count, Exists, F, OuterRef, Q, Subquery
from django.utils.translation import gettext as _

from crm import access, fading, interests, tag_names
from crm.errors import Refusal
from crm.models import Customer, CustomerTag, Tag


def named(name: str) -> Tag | None:
    """The tag of this name, whatever its case; one by model in any of our languages."""
    found = Tag.objects.filter(name__iexact=name).first()
    return found or Tag.objects.filter(name__in=tag_names.same(name)).first()


@transaction.atomic
def add(customer: Customer, name: str, *, weight: int = 100, at: datetime, reason: str = "") -> CustomerTag:
    """Put a tag on a customer by hand; an equal name (whatever its case) is the same tag."""
    name = " ".join(name.split())
    tag = named(name) or Tag.objects.get_or_create(name=name)[0]
    values = {
        "weight": weight,
        "source": CustomerTag.Source.PERSON,
        "reason": reason,
        "tagged_at": at,
    }
    return CustomerTag.objects.update_or_create(customer=customer, tag=tag, defaults=values)[0]


def remove(customer: Customer, tag_id: int) -> bool:
    """Take the tag off; False when it was not there."""
    return bool(CustomerTag.objects.filter(customer=customer, tag_id=tag_id).delete()[0])


def forget_given(people: Collection[int]) -> None:
    """Tags by model go: they are worked out anew, and stand in the way of no tag put on by hand."""
    CustomerTag.objects.filter(customer__in=people, source=CustomerTag.Source.MODEL).delete()


Say = Callable[[str], str]
_sayings: list[Say] = [interests.say]


def reasons(say: Say) -> None:
    """Let reasons that were stored as data be told in words; `say` leaves alone what is not its own."""
    _sayings.append(say)


def _said(reason: str) -> str:
    for say in _sayings:
        reason = say(reason)
    return reason


@dataclass(frozen=True, slots=True)
class Worn:
    """A tag on one customer: what it weighs now, and why it is there."""

    tag: Tag
    tag_id: int
    weight: int
    reason: str
    source: str


def worn(customer: Customer, until: datetime) -> list[Worn]:
    """The tags of one customer at the end of a day, the heaviest first."""
    uses = fading.weighed(until).filter(customer=customer)
    return [
        Worn(use.tag, use.tag_id, use.now, _said(use.reason), str(use.get_source_display())) for use in uses
    ]


@dataclass(frozen=True, slots=True)
class Use:
    """A tag with how many customers have it, what it weighs on average now, and who put it on."""

    tag: Tag
    count: int
    weight: float | None
    by: dict[str, int]


def overview(user: access.Person, until: datetime) -> list[Use]:
    """Every tag with its uses on customers whom `user` sees, in two queries."""
    seen = access.visible(user, CustomerTag.objects.all())
    counts = {f"by_{source}": Count("pk", filter=Q(source=source)) for source in CustomerTag.Source.values}
    found = seen.annotate(now=fading.weight(until)).values("tag_id")
    told: dict[int, Any] = {
        row["tag_id"]: row for row in found.annotate(n=Count("pk"), mean=Avg("now"), **counts).order_by()
    }
    uses = []
    for tag in Tag.objects.select_related("interest"):
        row: dict[str, Any] = told.get(tag.pk, {})
        by = {source: n for source in CustomerTag.Source.values if (n := row.get(f"by_{source}", 0))}
        uses.append(Use(tag, row.get("n", 0), row.get("mean"), by))
    return uses


def twin(name: str, *, but: Tag) -> Tag | None:
    """Another tag of this name, whatever its case."""
    return Tag.objects.filter(name__iexact=name).exclude(pk=but.pk).first()


@transaction.atomic
def merge(gone: Tag, into: Tag) -> int:
    """Everybody with `gone` has `into` instead; who had both keeps the heavier. Returns how many."""
    if gone.pk == into.pk:
        raise Refusal(_("A tag cannot be merged with itself."))
    uses = CustomerTag.objects.filter(tag=gone)
    count = uses.count()
    theirs = CustomerTag.objects.filter(tag=gone, customer=OuterRef("customer"))
    heavier = CustomerTag.objects.filter(tag=into).annotate(other=Subquery(theirs.values("weight")[:1]))
    heavier.filter(other__gt=F("weight")).update(
        **{name: Subquery(theirs.values(name)[:1]) for name in ("reason", "source", "tagged_at", "weight")}
    )
    both = CustomerTag.objects.filter(tag=into, customer=OuterRef("customer"))
    uses.filter(Exists(both)).delete()
    uses.update(tag=into)
    gone.delete()
    return count
