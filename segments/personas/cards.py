"""A persona card: a group beside everyone, with advice and some people of it."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.core.cache import cache
from django.db.models import F, QuerySet
from django.db.models.functions import Mod

from crm import access, analysis_day, masking
from crm.access import Person
from crm.models import Business, User
from segments import since_refresh
from segments.models import CustomerFeatures, ScoringRun
from segments.people import Selection
from segments.personas import advice, facts, own, telling
from segments.personas.facts import Facts
from segments.personas.telling import Part

KEPT = 3600  # Seconds.
SHOWN = 5


@dataclass(frozen=True, slots=True)
class Card:
    """`figures` is money and chances of the group; `usual` the same of everyone."""

    facts: Facts
    everyone: Facts
    who: list[Part]
    products: Part
    others: list[Part]
    when: list[Part]
    means: list[own.Mean]
    mail: list[tuple[str, float, float]]
    advice: list[advice.Advice]
    nps: float | None
    usual_nps: float | None

    @property
    def is_few(self) -> bool:
        return self.facts.size < telling.FEW

    @property
    def share_of_people(self) -> float:
        return self.facts.size / max(self.everyone.size, 1)

    @property
    def share_of_revenue(self) -> float | None:
        whole = self.everyone.figures["revenue"] or 0
        return (self.facts.figures["revenue"] or 0) / whole if whole > 0 else None

    @property
    def is_drawn(self) -> bool:
        return self.facts.drawn < self.facts.size


def card(selection: Selection, business: Business, now: datetime, reader: Person | None = None) -> Card:
    """The card of the people behind a selection whom the reader may see; counted once per refresh."""
    group = _facts(selection.query, selection.people, business, now, reader)
    everyone = _facts("", CustomerFeatures.objects.all(), business, now, reader)
    products, when = telling.products(group, everyone), telling.when(group, everyone)
    others = [
        own.values(group, everyone),
        telling.model_tags(group, everyone),
        telling.categories(group, everyone),
        telling.channels(group, everyone),
    ]
    favourite = next(iter(products.lines), None)
    return Card(
        group,
        everyone,
        telling.who(group, everyone),
        products,
        [one for one in others if one],
        when,
        own.means(group, everyone),
        [(name, group.share("mail", name), everyone.share("mail", name)) for name in group.counts["mail"]],
        advice.give(group, everyone, favourite, _best_time(when)),
        advice.score(group),
        advice.score(everyone),
    )


def _best_time(when: Iterable[Part]) -> str:
    """The weekday and time of day at which they surely buy more than others."""
    found = []
    for part in when:
        striking = [one for one in part.lines if one.striking and one.lift >= 1.15]
        if striking and not part.is_few:
            found.append(max(striking, key=lambda one: one.lift).label)
    return ", ".join(found)


def _facts(
    query: str,
    people: QuerySet[CustomerFeatures],
    business: Business,
    now: datetime,
    reader: Person | None,
) -> Facts:
    """From the cache, where those whom this reader may see were counted since the last refresh."""
    scope = reader.pk if isinstance(reader, User) and reader.scope == User.Scope.OWN else 0
    people = access.visible(reader, people) if reader else people
    run = ScoringRun.objects.filter(kind=ScoringRun.Kind.REFRESH, state=ScoringRun.State.DONE).first()
    told = f"{query} {business.time_zone} {masking.active()} {scope}"
    key = f"segments.persona_card.{run.pk if run else 0}.{_short(told)}"
    found: Facts | None = cache.get(key)
    if found is None or (not since_refresh.is_large() and found.size != people.count()):
        found = facts.read(people, business, analysis_day.day(business, now), now)
        cache.set(key, found, KEPT)
    return found


def _short(query: str) -> str:
    """A short name for an address; two that differ have different ones."""
    return hashlib.sha256(query.encode()).hexdigest()[:24]


def some_people(query: str, people: QuerySet[CustomerFeatures], reader: Person) -> list[Any]:
    """A few of them, always the same ones: not the best, but drawn by their numbers."""
    known = people.filter(customer__erased_at=None)

    def drawn() -> list[int]:
        found = known.order_by(Mod(F("customer_id") * 7919, 10_007), "customer_id")
        return list(found.values_list("customer_id", flat=True)[:SHOWN])

    some = since_refresh.figures(f"some.{since_refresh.scope(reader)}.{query}", drawn)
    rows = {one.customer_id: one for one in known.filter(pk__in=some).select_related("customer")}
    return [rows[pk] for pk in some if pk in rows]
