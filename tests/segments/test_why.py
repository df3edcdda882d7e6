"""Why one person is in or out of a segment."""

from __future__ import annotations

import os
from datetime import UTC, date, datetime, timedelta
from random import Random

import pytest
from django.db import transaction
from django.utils import timezone, translation
from hypothesis import HealthCheck, given, settings, strategies

from crm import masking
from crm.models import Customer, CustomerTag, CustomField, Interaction, Tag
from segments import audience
from segments.membership import hand
from segments.models import CustomerFeatures, HandPick, Segment
from segments.rules import lines as preview_lines
from segments.rules.compile import to_q
from segments.rules.describe import sentence
from segments.rules.doubts import doubts
from segments.rules.explain import explain
from segments.rules.lines import places
from segments.rules.moment import Moment
from segments.rules.parsing import effective, parse
from tests.people import make_customer, make_purchase
from tests.segments import plain_reading as plain
from tests.segments.random_shop import store
from tests.segments.test_rules_property import cases, names  # noqa: F401

EXAMPLES = int(os.environ.get("RULE_EXAMPLES", "60")) // 6
TODAY = date(2026, 6, 15)

pytestmark = pytest.mark.django_db


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
def test_the_verdict_is_the_membership_in_both_languages(names, seed):  # noqa: F811
    random = Random(seed)
    world, asked = cases().make(random)
    moment = Moment(world.today, world.zone, world.today if world.as_of else None)

    with transaction.atomic():
        rows = store(world, names)
        segment = Segment.objects.get(slug="by-rule")
        before = datetime(2020, 1, 1, tzinfo=UTC)
        chosen = {(pk, random.random() < 0.5) for pk, _person in rows if random.random() < 0.5}
        HandPick.objects.bulk_create(
            HandPick(segment=segment, customer_id=pk, included=yes, made_at=before) for pk, yes in chosen
        )
        for rule in [None, *asked[:5]]:
            node = parse(rule) if rule else effective(segment)
            with translation.override(random.choice(["en", "zh-hans"])):
                _everybody, count, found = preview_lines.counts(node, moment)
                verdicts = {pk: explain(node, person_of(pk), moment).holds for pk, _person in rows}
                assert sentence(node)
            expected = {pk for pk, person in rows if belongs(world, rule, person, pk, chosen)}
            assert {pk for pk, holds in verdicts.items() if holds} == expected, rule
            assert count == found[-1].count == len(expected), rule
            for place, _reason in doubts(node, moment):
                assert is_empty(node, place, moment), (rule, place)
        transaction.set_rollback(True)


def person_of(pk):
    return Customer(pk=pk)


def is_empty(node, place, moment):
    """Whether nobody fits the part of a rule there, or the "all" that it stands in."""
    parts = dict(places(node))
    around = parts.get(place.rpartition(".")[0] if ".all[" in place else "", node)
    some = [Customer.objects.filter(to_q(part, moment)).exists() for part in (parts[place], around)]
    return not all(some)


def belongs(world, rule, person, pk, chosen):
    """By a plain reading: the rule, and over it what was chosen by hand in the segment "by-rule"."""
    if rule is None:
        return in_by_rule(world, person, pk, chosen)
    if "all" in rule:
        return all(belongs(world, part, person, pk, chosen) for part in rule["all"])
    if "any" in rule:
        return any(belongs(world, part, person, pk, chosen) for part in rule["any"])
    if "not" in rule:
        return not belongs(world, rule["not"], person, pk, chosen)
    if rule.get("in_segment") == "by-rule":
        return in_by_rule(world, person, pk, chosen)
    return plain.fits(world, rule, person)


def in_by_rule(world, person, pk, chosen):
    by_rule = plain.fits(world, world.segments["by-rule"], person)
    return (by_rule or (pk, True) in chosen) and (pk, False) not in chosen


def said(rule, person, **moment):
    """The lines of an explanation as (mark, text, actual), in reading order."""
    node = parse(rule) if isinstance(rule, dict) else effective(rule)

    def flat(line):
        yield ("✓" if line.holds else "✗", line.text, line.actual)
        for child in line.children:
            yield from flat(child)

    return list(flat(explain(node, person, Moment(TODAY, timezone.get_default_timezone(), **moment))))


def test_each_line_says_what_is_asked_and_what_is_so():
    ada = make_customer(country="Germany", city="", birth_date=date(2000, 6, 16))
    CustomerFeatures.objects.create(
        customer=ada,
        as_of=TODAY,
        orders=3,
        revenue="60.5",
        average_order="20.1667",
        last_bought_on=TODAY - timedelta(days=12),
    )
    for days in (2, 40, 400):
        make_purchase(ada, 20, at=datetime(2026, 6, 15, 9, tzinfo=UTC) - timedelta(days=days))
    rule = {
        "all": [
            {"did": "purchase", "value": 2, "within_days": 90},
            {
                "any": [
                    {"field": "country", "op": "is", "value": "France"},
                    {"field": "age", "op": ">=", "value": 25},
                ]
            },
            {"not": {"field": "city", "op": "known"}},
            {"field": "recency_days", "op": "<", "value": 10},
            {"did": "purchase", "measure": "average", "op": ">", "value": 19},
            {"did": "purchase", "measure": "days_between", "op": ">", "value": 19},
            {"did": "refund"},
            {"field": "average_order", "op": "<", "value": 20},
        ]
    }

    assert said(rule, ada) == [
        ("✗", "All of this is true", ""),
        ("✓", "Bought at least 2 times in the last 90 days", "2 times"),
        ("✓", "At least one of this is true", ""),
        ("✗", "Country is “France”", "“Germany”"),
        ("✓", "Age is at least 25", "25"),
        ("✓", "Not: city is known", "not known"),
        ("✗", "Days since the last purchase is less than 10", "12 days (3 Jun 2026)"),
        ("✓", "Bought, amount on average more than 19", "20 on average"),
        ("✓", "Bought, days in between on average more than 19", "every 199 days on average"),
        ("✗", "Got money back", "never"),
        ("✗", "Average order is less than 20", "20.17"),
    ]


def test_tags_own_fields_answers_and_lists_say_what_is_so():
    ada = make_customer(custom={"hobby": "Tea", "met": "2020-02-29", "vip": True})
    for key, kind in (("hobby", "text"), ("met", "date"), ("vip", "yes_no"), ("size", "number")):
        CustomField.objects.create(key=key, label=key, kind=kind)
    CustomerTag.objects.create(customer=ada, tag=Tag.objects.create(name="vip"), weight=80)
    Tag.objects.create(name="new")
    Interaction.objects.create(
        customer=ada, kind="answer", subject="spring", number=9, at="2026-01-01T00:00Z", source="t", key="1",
        properties={"why": "Good"},
    )  # fmt: skip
    by_hand = Segment.objects.create(slug="by-hand", name="By hand", kind="static")
    audience.add(by_hand, [ada.pk], at=datetime(2026, 6, 1, 9, tzinfo=UTC))

    def actual(rule):
        return said(rule, ada)[0][2]

    assert actual({"field": "custom.hobby", "op": "is", "value": "tea"}) == "“Tea”"
    assert actual({"field": "custom.met", "op": "known"}) == "29 Feb 2020"
    assert actual({"field": "custom.vip", "op": "is", "value": True}) == "yes"
    assert actual({"field": "custom.size", "op": "known"}) == "not known"
    assert actual({"field": "tag.vip", "op": "known"}) == "weight 80"
    assert actual({"field": "tag.new", "op": "known"}) == "does not have it"
    assert actual({"field": "answer.spring.score", "op": ">", "value": 8}) == "9"
    assert actual({"field": "answer.spring.why", "op": "contains", "value": "oo"}) == "“Good”"
    assert actual({"field": "orders", "op": ">", "value": 8}) == "0"
    assert actual({"field": "consent.email", "op": "is", "value": "granted"}) == "“Agreed”"
    assert actual({"in_segment": "by-hand"}) == "since 1 Jun 2026"


def test_a_segment_inside_is_opened_and_choices_by_hand_are_told_where_they_matter():
    ada, bob = make_customer(country="Germany"), make_customer(country="France")
    inner = Segment.objects.create(
        slug="germans", name="Germans", rule={"field": "country", "op": "is", "value": "Germany"}
    )
    hand.put_in(inner, [bob.pk], by=None, at=datetime(2026, 6, 1, 9, tzinfo=UTC))
    rule = {"not": {"in_segment": "germans"}}

    assert said(rule, ada) == [
        ("✗", "Not: is in the segment “Germans”", ""),
        ("✓", "Country is “Germany”", "“Germany”"),
    ]
    assert said(rule, bob) == [
        ("✗", "Not: is in the segment “Germans”", ""),
        ("✓", "At least one of this is true", ""),
        ("✗", "Country is “Germany”", "“France”"),
        ("✓", "Put in by hand", "since 1 Jun 2026"),
    ]


def test_who_sees_masked_data_reads_verdicts_but_no_personal_values():
    ada = make_customer(email="ada@zq.example", birth_date=date(1961, 11, 23), custom={"hobby": "zqtea"})
    CustomField.objects.create(key="hobby", label="hobby", kind="text")
    rule = {
        "all": [
            {"field": "email", "op": "contains", "value": "zq.example"},
            {"field": "birth_date", "op": "before", "value": "2000-01-01"},
            {"field": "custom.hobby", "op": "is", "value": "zqtea"},
            {"field": "orders", "op": "<", "value": 1},
        ]
    }

    with masking.applied():
        lines = said(rule, ada)

    assert [mark for mark, *_ in lines] == ["✓"] * 5
    assert "zq" not in str(lines)
    assert [actual for *_, actual in lines] == ["", "•••", "•••", "•••", "0"]


def test_a_long_rule_is_asked_in_few_queries(django_assert_max_num_queries):
    ada = make_customer()
    rule = {"all": [{"field": "orders", "op": "<", "value": n} for n in range(1, 91)]}

    node, moment = parse(rule), Moment.now()

    with django_assert_max_num_queries(3):
        assert explain(node, ada, moment).holds


def test_the_page_tells_why_and_finds_people(staff_client):
    ada = make_customer(first_name="Ada", last_name="Wong", country="Germany")
    segment = Segment.objects.create(
        slug="germans", name="Germans", rule={"all": [{"field": "country", "op": "is", "value": "France"}]}
    )
    audience.rebuild(segment)

    found = staff_client.get("/segments/s/germans/find/", {"q": "wong"}).text
    page = staff_client.get(f"/segments/why/{ada.public_id}/", {"segment": "germans"}).text
    open_question = staff_client.get(f"/segments/why/{ada.public_id}/")
    unknown = staff_client.get(f"/segments/why/{ada.public_id}/", {"segment": "nowhere"})

    assert f"/segments/why/{ada.public_id}/?segment=germans" in found
    assert "Not in the segment" in page
    assert "Country is “France”" in page
    assert "here: “Germany”" in page
    assert 'value="germans"' in open_question.text
    assert unknown.status_code == 404
    panel = staff_client.get(f"/segments/customer/{ada.public_id}/").text
    assert f"/segments/why/{ada.public_id}/" in panel


def test_the_page_says_when_the_next_count_will_change_it(staff_client):
    ada = make_customer(country="Germany")
    segment = Segment.objects.create(
        slug="germans", name="Germans", rule={"field": "country", "op": "is", "value": "Germany"}
    )

    before = staff_client.get(f"/segments/why/{ada.public_id}/", {"segment": "germans"}).text
    audience.rebuild(segment)
    after = staff_client.get(f"/segments/why/{ada.public_id}/", {"segment": "germans"}).text

    assert "the next count lets them enter" in before
    assert "In the segment since" in after
    assert "the next count" not in after
