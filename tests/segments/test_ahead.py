from __future__ import annotations

from datetime import timedelta

import pytest
from django.utils import timezone

from segments import ahead, audience
from segments.models import Segment
from tests.people import make_customer, make_purchase

pytestmark = pytest.mark.django_db
RULES = {
    "lately": {"did": "purchase", "within_days": 30},
    "quiet": {"not": {"did": "purchase", "within_days": 30}},
    "twice": {"did": "purchase", "value": 2},
    "german": {"all": [{"did": "purchase"}, {"field": "country", "op": "is", "value": "Germany"}]},
    "many": {"field": "orders", "op": ">=", "value": 1},
    "both": {"in_segment": "hand"},
}


def build():
    Segment.objects.create(slug="hand", name="Hand", kind=Segment.Kind.STATIC)
    for name, rule in RULES.items():
        Segment.objects.create(slug=name, name=name, rule={"all": [rule]})
    people = [make_customer() for _ in range(4)]
    for days, one in ((1, 0), (2, 0), (3, 1), (90, 2)):
        make_purchase(people[one], 10, at=timezone.now() - timedelta(days=days))
    return people


def inside():
    return {
        one.slug: set(audience.members(one).values_list("pk", flat=True)) for one in Segment.objects.all()
    }


def test_only_rules_about_purchases_alone_are_asked_ahead(shop):
    people = [one.pk for one in build()]

    found = ahead.find(timezone.now())

    names = dict(Segment.objects.values_list("pk", "slug"))
    told = {names[pk]: list(ids) for pk, (_rule, ids) in found.items()}
    assert told == {"lately": people[:2], "quiet": people[2:], "twice": people[:1]}


def test_who_was_found_ahead_enters_unless_they_are_gone_or_the_rule_is_another(shop):
    people, now = build(), timezone.now()
    found = ahead.find(now)
    people[1].delete()
    Segment.objects.filter(slug="quiet").update(rule={"all": [{"did": "purchase", "within_days": 365}]})

    audience.rebuild_all(now, known=found)
    with_it = inside()
    audience.rebuild_all(now)

    assert with_it == inside()
    assert with_it["lately"] == {people[0].pk}
    assert with_it["quiet"] == {people[0].pk, people[2].pk}
