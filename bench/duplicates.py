"""Seconds to find planted duplicates among 100,000 people, beside the minute that is promised."""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import date, timedelta
from time import perf_counter
from typing import Any

from django.db import transaction
from django.utils import timezone

from crm import bulk, memory
from crm.duplicates import finding, searching
from crm.models import Customer, CustomField, DuplicateGroup, DuplicateMember
from crm.models.customer import new_public_id, searchable

PEOPLE = {"small": 100_000, "large": 100_000}
SECONDS = 60
MEGABYTES = 700
PLANTED = 0.05
SYLLABLES = tuple(f"{a}{b}" for a in "bdfklmnrstv" for b in ("a", "e", "i", "o"))
STREETS = ("Mill", "Church", "Station", "Garden", "Market", "River", "Park", "School", "Castle", "Harbour")


def figures(size: str) -> Iterator[dict[str, Any]]:
    pairs = plant(PEOPLE[size], seed=7)
    search = searching.ask(None, at=timezone.now())
    began = perf_counter()
    searching.run(search.pk)
    seconds = perf_counter() - began
    yield {"name": "duplicates_seconds", "value": round(seconds, 2), "unit": "s", "limit": SECONDS}
    yield {"name": "duplicates_memory", "value": memory.peak_mb(), "unit": "MB", "limit": MEGABYTES}
    precision, recall = _judged(pairs)
    f1 = 2 * precision * recall / (precision + recall) if precision + recall else 0
    yield {"name": "duplicates_missed", "value": round(1 - f1, 4), "unit": "1 − F1", "limit": 0.05}


def _judged(planted: set[tuple[int, int]]) -> tuple[float, float]:
    """Precision and recall of the groups above the usual confidence."""
    groups: dict[int, list[int]] = {}
    sure = DuplicateGroup.objects.filter(confidence__gte=finding.USUAL)
    for group, person in DuplicateMember.objects.filter(group__in=sure).values_list(
        "group_id", "customer_id"
    ):
        groups.setdefault(group, []).append(person)
    told = {(a, b) for members in groups.values() for a in members for b in members if a < b}
    right = len(told & planted)
    return right / max(len(told), 1), right / max(len(planted), 1)


@transaction.atomic
def plant(count: int, *, seed: int) -> set[tuple[int, int]]:
    """`count` people of whom one in twenty is somebody else's second row; returns these pairs of keys."""
    rng = random.Random(seed)
    first = _names(rng, 800)
    last = _names(rng, 12_000)
    cities = [name.title() for name in _names(rng, 400)]
    CustomField.objects.get_or_create(key="street", defaults={"label": "Street"})
    start = bulk.next_id(Customer)
    doubles = int(count * PLANTED)
    people = [_person(rng, number, first, last, cities) for number in range(count - doubles)]
    originals = rng.sample(range(len(people)), doubles)
    rows = [*people, *(_blurred(rng, people[one], first) for one in originals)]
    bulk.write_full(Customer, (_row(start + n, one) for n, one in enumerate(rows)))
    bulk.follow(Customer)
    return {(start + one, start + len(people) + n) for n, one in enumerate(originals)}


def _names(rng: random.Random, count: int) -> list[str]:
    found: dict[str, None] = {}
    while len(found) < count:
        found["".join(rng.choices(SYLLABLES, k=rng.choice((2, 3, 3, 4))))] = None
    return list(found)


def _common(rng: random.Random, names: list[str]) -> str:
    """Few names are frequent and most are rare, as in life."""
    return names[int(len(names) * rng.random() ** 2.5)]


def _person(
    rng: random.Random, number: int, first: list[str], last: list[str], cities: list[str]
) -> dict[str, str]:
    name, surname = _common(rng, first), _common(rng, last)
    return {
        "first_name": name.title(),
        "last_name": surname.title(),
        "email": f"{name}.{surname}{rng.randrange(1000)}@example.{rng.choice(('com', 'org', 'net'))}",
        "phone": f"+4930{rng.randrange(10**7, 10**8)}" if rng.random() < 0.7 else "",
        "city": _common(rng, cities),
        "birth_date": str(date(1940, 1, 1) + timedelta(days=rng.randrange(24_000)))
        if rng.random() < 0.6
        else "",
        "street": f"{rng.choice(STREETS)} {rng.choice(('Street', 'Road', 'Lane'))} {rng.randrange(1, 200)}",
    }


def _blurred(rng: random.Random, person: dict[str, str], first: list[str]) -> dict[str, str]:
    """The same person once more, as another till would have written it."""
    other = dict(person)
    for name in rng.sample(sorted(other), rng.choice((1, 2, 2, 3))):
        chance = rng.random()
        if name == "birth_date" and chance > 0.3 and other[name]:
            other[name] = str(date.fromisoformat(other[name]) + timedelta(days=rng.choice((-1, 1, 10, 30))))
        elif name in ("first_name", "last_name") and chance < 0.2:
            other["first_name"], other["last_name"] = other["last_name"], other["first_name"]
        elif name == "first_name" and chance < 0.4:
            other[name] = other[name][:1]
        elif chance < 0.35 and name != "last_name":
            other[name] = ""
        elif name != "birth_date":
            other[name] = _slip(rng, other[name])
    return other


def _slip(rng: random.Random, text: str) -> str:
    """One letter lost, doubled, changed or exchanged with the next."""
    if len(text) < 3:
        return text
    at = rng.randrange(1, len(text) - 1)
    kind = rng.randrange(4)
    middle = ("", text[at] * 2, rng.choice("aeinrst"), text[at + 1] + text[at])[kind]
    return text[:at] + middle + text[at + (2 if kind == 3 else 1) :]


def _row(number: int, one: dict[str, str]) -> dict[str, Any]:
    names = ("first_name", "last_name", "email", "phone", "city")
    return {
        "id": number,
        "public_id": new_public_id(),
        **{name: one[name] for name in names},
        "country": "Germany",
        "birth_date": one["birth_date"] or None,
        "custom": bulk.json_text({"street": one["street"]} if one["street"] else {}),
        "search_text": searchable(one["first_name"], one["last_name"], one["email"], one["phone"], ""),
    }
