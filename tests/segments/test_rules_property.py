"""Every operator and condition of the rule language against a plain reading of what was promised."""

from __future__ import annotations

import os
from datetime import date
from random import Random
from zoneinfo import ZoneInfo

import pytest
from django.db import transaction
from hypothesis import HealthCheck, given, settings, strategies

from crm.models import Customer, CustomField, Interaction, Product, Tag
from segments.rules import lines as preview_lines
from segments.rules.compile import to_q
from segments.rules.moment import Moment
from segments.rules.parsing import parse
from tests.segments import chance as st
from tests.segments import plain_reading as plain
from tests.segments.random_people import PRODUCTS, SURVEYS, moments_around, persons
from tests.segments.random_rules import did_rules, field_rules, rules
from tests.segments.random_shop import store

EXAMPLES = int(os.environ.get("RULE_EXAMPLES", "60"))
RULES_PER_SHOP = 12


@st.composite
def cases(draw):
    zone = ZoneInfo(draw(st.sampled_from(["UTC", "Asia/Shanghai", "America/New_York"])))
    today = draw(st.sampled_from([date(2026, 6, 15), date(2024, 2, 29), date(2023, 2, 28), date(2026, 3, 8)]))
    people = draw(st.lists(persons(today, moments_around(today, zone)), min_size=3, max_size=6))
    world = plain.World(today, zone, draw(st.booleans()), people)
    world.segments = {"by-hand": None, "by-rule": draw(st.one_of([field_rules(today), did_rules(today)]))}
    asked = draw(st.lists(rules(today), min_size=RULES_PER_SHOP, max_size=RULES_PER_SHOP))
    return world, asked


@pytest.fixture
def names(db):
    """What rules may name, whatever a shop holds."""
    CustomField.objects.bulk_create(
        CustomField(key=key, label=key, kind=kind, choices=choices)
        for key, kind, choices in (
            ("hobby", "text", []),
            ("size", "number", []),
            ("met", "date", []),
            ("vip", "yes_no", []),
            ("colour", "choice", ["Red", "Green"]),
        )
    )
    somebody = Interaction(kind="workshop", at="2020-01-01T00:00Z", source="t", key="0")
    answered = [
        Interaction(
            kind="answer",
            subject=survey,
            at="2020-01-01T00:00Z",
            source="t",
            key=survey,
            properties={"why": "x"},
        )
        for survey in SURVEYS
    ]
    Interaction.objects.bulk_create([somebody, *answered])  # Anonymous: they belong to nobody.
    return {
        "tags": {name: Tag.objects.create(name=name) for name in ("vip", "Grün")},
        "products": [
            Product.objects.create(name=name, sku=sku, category=category) for name, sku, category in PRODUCTS
        ],
    }


@settings(
    max_examples=EXAMPLES,
    deadline=None,
    suppress_health_check=[
        HealthCheck.function_scoped_fixture,
        HealthCheck.too_slow,
        HealthCheck.data_too_large,
    ],
)
@given(seed=strategies.integers(0, 2**63))
def test_compiled_rules_find_whom_a_plain_reading_finds(names, seed):
    world, asked = cases().make(Random(seed))
    moment = Moment(world.today, world.zone, world.today if world.as_of else None)

    with transaction.atomic():
        people = store(world, names)
        for rule in asked:
            node = parse(rule)
            everybody, count, found = preview_lines.counts(node, moment)
            ids = set(Customer.objects.filter(to_q(node, moment)).values_list("pk", flat=True))

            expected = {pk for pk, person in people if plain.fits(world, rule, person)}
            assert ids == expected, rule
            assert (everybody, count) == (len(people), len(expected)), rule
            assert [line.count for line in found] == plain.lines(world, rule, world.people), rule
        transaction.set_rollback(True)  # The next example begins with an empty shop.
