"""Segments, own fields, tags and notes of the invented shop."""

from __future__ import annotations

import uuid
from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

from numpy.random import Generator

from campaigns.demo.people import DRINKS, INTERESTS, Person
from crm import ledger
from crm.models import CustomerTag, CustomField, Interaction, Tag
from segments.models import Membership, Segment

FIELDS = (
    {"key": "favourite_drink", "label": "Favourite drink", "kind": "choice", "choices": list(DRINKS)},
    {
        "key": "newsletter_interest",
        "label": "Newsletter interest",
        "kind": "choice",
        "choices": list(INTERESTS),
    },
    {"key": "cups_a_day", "label": "Cups a day", "kind": "number", "choices": []},
)


def _bought(category: str, times: int) -> dict[str, Any]:
    where = [{"field": "category", "op": "is", "value": category}]
    return {"did": "purchase", "where": where, "op": ">=", "value": times, "within_days": 365}


def _field(name: str, op: str, value: Any) -> dict[str, Any]:
    return {"field": name, "op": op, "value": value}


# Short name, name, description, rule.
SEGMENTS: tuple[tuple[str, str, str, dict[str, Any]], ...] = (
    (
        "may-be-written-to",
        "May be written to",
        "Everybody who agreed to our letters.",
        {"all": [_field("consent.email", "is", "granted")]},
    ),
    (
        "loyal-regulars",
        "Loyal regulars",
        "Eight orders or more, and here within the last two months.",
        {"all": [_field("orders", ">=", 8), _field("recency_days", "<=", 60)]},
    ),
    (
        "new-friends",
        "New friends",
        "First purchase within the last 45 days.",
        {"all": [_field("first_bought_on", "in_last_days", 45)]},
    ),
    (
        "sleeping",
        "Sleeping",
        "Came several times, but not for four months.",
        {"all": [_field("orders", ">=", 3), _field("recency_days", ">", 120)]},
    ),
    (
        "bought-lately",
        "Bought lately",
        "An order within the last 30 days.",
        {"all": [_field("recency_days", "<=", 30)]},
    ),
    (
        "coffee-lovers",
        "Coffee lovers",
        "Coffee in at least four orders of the last year.",
        {"all": [_bought("Coffee", 4)]},
    ),
    (
        "tea-lovers",
        "Tea lovers",
        "Tea often, or a tea as favourite drink; not the sleeping ones.",
        {
            "all": [
                {
                    "any": [
                        _bought("Tea", 4),
                        _field(
                            "custom.favourite_drink", "in", ["Black tea", "Green tea", "Oolong", "Matcha"]
                        ),
                    ]
                },
                {"not": {"in_segment": "sleeping"}},
            ]
        },
    ),
    (
        "unhappy",
        "Unhappy",
        "A low score in the last answer.",
        {"any": [_field("nps.last", "<=", 6), _field("csat.last", "<=", 2)]},
    ),
)
GUESTS = ("tasting-evening", "Guests of the tasting evening", "Kept by hand: who sat at the table.")
TAGS = ("wholesale", "tasting evening", "neighbour", "matcha", "press")
CARE = "needs care"  # Given by a rule for bad answers.
NOTES = (
    "Asked for a grinder recommendation; likes light roasts.",
    "Prefers to be called in the afternoon.",
    "Brings back the tins. Give 50 cents each.",
    "Is planning an office order for the spring.",
    "Allergic to nuts: no cantuccini in the gift box.",
    "Met at the market; writes about tea.",
    "想要了解普洱茶的存放方法。",
)


def make_fields() -> None:
    CustomField.objects.bulk_create(
        [CustomField(**one, position=n, is_demo=True) for n, one in enumerate(FIELDS)], ignore_conflicts=True
    )


def make_segments(now: datetime, people: Sequence[Person]) -> dict[str, Segment]:
    """Segments by rule (filled by the refresh) and one list kept by hand."""
    made_at = now - timedelta(days=420)
    rows = [
        Segment(slug=slug, name=name, description=words, rule=rule, is_demo=True, created_at=made_at)
        for slug, name, words, rule in SEGMENTS
    ]
    slug, name, words = GUESTS
    guests = Segment(slug=slug, name=name, description=words, kind=Segment.Kind.STATIC, is_demo=True)
    Segment.objects.bulk_create([*rows, guests])
    came = [one for one in people if one.temper.name == "devoted"][:36]
    Membership.objects.bulk_create(
        Membership(segment=guests, customer=one.customer, entered_at=now - timedelta(days=96)) for one in came
    )
    Segment.objects.filter(pk=guests.pk).update(member_count=len(came), refreshed_at=now)
    return {one.slug: one for one in [*rows, guests]}


def tag_people(rng: Generator, people: Sequence[Person], now: datetime) -> None:
    tags = {name: Tag.objects.get_or_create(name=name)[0] for name in TAGS}
    rows = []
    for person in people:
        local = person.customer.city == "Dublin"
        chances = {"neighbour": 0.12 if local else 0, "wholesale": 0.02, "press": 0.004}
        chances["matcha"] = 0.5 if person.customer.custom.get("favourite_drink") == "Matcha" else 0.01
        chances["tasting evening"] = 0.2 if person.temper.name == "devoted" else 0.01
        for name, chance in chances.items():
            if rng.random() < chance:
                weight = int(rng.choice((40, 60, 80, 100)))
                source = CustomerTag.Source.PERSON if weight == 100 else CustomerTag.Source.RULE
                rows.append(
                    CustomerTag(
                        customer=person.customer, tag=tags[name], weight=weight, source=source, tagged_at=now
                    )
                )
    CustomerTag.objects.bulk_create(rows)


def write_notes(rng: Generator, people: Sequence[Person], now: datetime, author: int | None) -> None:
    entries = []
    for person in people:
        if rng.random() < (0.16 if person.temper.name == "devoted" else 0.015):
            text = str(rng.choice(NOTES))
            entries.append(
                Interaction(
                    customer=person.customer,
                    kind="note",
                    at=now - timedelta(days=float(rng.uniform(1, 300))),
                    source="staff",
                    key=str(uuid.UUID(bytes=rng.bytes(16), version=4)),
                    title=text[:60],
                    properties={"text": text, "by": author},
                )
            )
    ledger.record(entries)
