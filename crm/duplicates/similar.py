"""Who is perhaps here already, while somebody types: a few candidates by index, weighed like in a search."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

import numpy as np
from django.db.models import Q

from crm.duplicates import comparing, finding, records, weighing, wording
from crm.models import Customer, CustomerQuerySet, DifferentPeople

MOST: Final = 300
SHOWN: Final = 3


@dataclass(frozen=True, slots=True)
class Similar:
    customer: Customer
    confidence: float
    reasons: list[str]


def to(person: Customer, among: CustomerQuerySet) -> list[Similar]:
    """The people most like this one, saved or not, the surest first."""
    near = _near(person, among)
    fields = records.comparable_fields()
    rows = list(near.values(*records.wanted()))
    if not rows:
        return []
    mine = {name: getattr(person, name) for name in records.PLAIN} | {"id": 0, "custom": person.custom}
    table = records.of([mine, *rows], fields)
    one, two = np.zeros(len(rows), dtype=np.int64), np.arange(1, len(rows) + 1)
    weights = weighing.by_experience(table, population=Customer.objects.count() + 1)
    sure = weighing.weigh(table, weights, one, two, comparing.compare(table, one, two))
    best = [int(place) for place in np.argsort(-sure)[:SHOWN] if sure[place] >= finding.SHOWN]
    told = finding.reasons(table, weights, [(0, place + 1) for place in best])
    people = Customer.objects.in_bulk([rows[place]["id"] for place in best])
    labels = wording.labels(fields)
    return [
        Similar(
            people[rows[place]["id"]], float(sure[place]), wording.sentences(told[0, place + 1], labels)[:4]
        )
        for place in best
    ]


def _near(person: Customer, among: CustomerQuerySet) -> CustomerQuerySet:
    first, last = person.first_name.strip(), person.last_name.strip()
    wanted = Q(pk__in=[])
    if person.email:
        wanted |= Q(email=person.email)
    if person.phone:
        wanted |= Q(phone=person.phone)
    if first and last:
        wanted |= Q(last_name__istartswith=last[:3], first_name__istartswith=first[:1])
        wanted |= Q(last_name__iexact=first, first_name__iexact=last)
    if person.birth_date and last:
        wanted |= Q(birth_date=person.birth_date, last_name__istartswith=last[:2])
    found = among.filter(wanted)
    if person.pk:
        apart = DifferentPeople.objects.filter(Q(one=person) | Q(other=person))
        both = {number for pair in apart.values_list("one_id", "other_id") for number in pair}
        found = found.exclude(pk__in={person.pk, *both})
    return found[:MOST]
