from __future__ import annotations

from datetime import UTC, datetime

import pytest
from django.db import connection

from crm.errors import Refusal
from crm.models import Customer
from segments import audience
from segments.models import Membership, Segment
from segments.rules.problems import InvalidRule
from tests.people import make_customer

MONDAY = datetime(2026, 6, 15, 12, tzinfo=UTC)
TUESDAY = datetime(2026, 6, 16, 12, tzinfo=UTC)
GERMANS = {"field": "country", "op": "is", "value": "germany"}

pytestmark = pytest.mark.django_db


def segment(slug, rule, **fields):
    return Segment.objects.create(slug=slug, name=slug.title(), rule=rule, **fields)


def test_a_rebuild_opens_and_closes_intervals():
    stays, leaves = make_customer(country="Germany"), make_customer(country="Germany")
    comes = make_customer(country="France")
    germans = segment("germans", GERMANS)
    audience.rebuild(germans, at=MONDAY)
    Customer.objects.filter(pk=leaves.pk).update(country="France")
    Customer.objects.filter(pk=comes.pk).update(country="GERMANY")

    count = audience.rebuild(germans, at=TUESDAY)

    rows = Membership.objects.order_by("pk").values_list("customer_id", "entered_at", "left_at")
    assert sorted(rows, key=lambda row: row[0]) == [
        (stays.pk, MONDAY, None),
        (leaves.pk, MONDAY, TUESDAY),
        (comes.pk, TUESDAY, None),
    ]
    assert count == germans.member_count == 2
    assert set(audience.members(germans)) == {stays, comes}


def test_a_rebuild_that_dies_half_way_leaves_everybody_where_they_were():
    leaves, comes = make_customer(country="Germany"), make_customer(country="France")
    germans = segment("germans", GERMANS)
    audience.rebuild(germans, at=MONDAY)
    Customer.objects.filter(pk=leaves.pk).update(country="France")
    Customer.objects.filter(pk=comes.pk).update(country="Germany")

    def dies_when_people_leave(execute, sql, *rest):
        if sql.startswith("UPDATE") and "left_at" in sql:
            raise KeyboardInterrupt
        return execute(sql, *rest)

    with pytest.raises(KeyboardInterrupt), connection.execute_wrapper(dies_when_people_leave):
        audience.rebuild(germans, at=TUESDAY)

    assert set(audience.members(germans)) == {leaves}


def test_a_rebuild_twice_changes_nothing():
    make_customer(country="Germany")
    germans = segment("germans", GERMANS)
    audience.rebuild(germans, at=MONDAY)

    audience.rebuild(germans, at=TUESDAY)

    assert list(Membership.objects.values_list("entered_at", "left_at")) == [(MONDAY, None)]


def test_a_broken_rule_keeps_its_members_and_says_why_while_others_go_on():
    somebody = make_customer(country="Germany")
    broken = segment("a-broken", GERMANS)
    audience.rebuild(broken, at=MONDAY)
    Segment.objects.filter(pk=broken.pk).update(rule={"all": []})
    other = segment("other", GERMANS)

    rebuilt = audience.rebuild_all(TUESDAY)

    broken.refresh_from_db()
    other.refresh_from_db()
    assert rebuilt == 1
    assert "empty" in broken.error
    assert list(audience.members(broken)) == [somebody]
    assert broken.refreshed_at == MONDAY
    assert other.member_count == 1
    with pytest.raises(InvalidRule):
        audience.rebuild(broken, at=TUESDAY)


def test_segments_that_others_ask_about_come_first():
    segments = [
        segment("a", {"not": {"in_segment": "b"}}),
        segment("b", {"all": [{"in_segment": "c"}, GERMANS]}),
        segment("c", GERMANS),
    ]

    assert [one.slug for one in audience.in_order(segments)] == ["c", "b", "a"]


def test_segments_in_a_circle_fail_alone():
    segment("a", {"in_segment": "b"})
    segment("b", {"in_segment": "a"})
    segment("c", GERMANS)

    assert audience.rebuild_all(MONDAY) == 1
    assert Segment.objects.exclude(error="").count() == 2


def test_lists_are_asked_by_membership():
    inside, outside = make_customer(), make_customer()
    by_hand = segment("by-hand", None, kind="static")
    audience.add(by_hand, [inside.pk, inside.pk], at=MONDAY)

    assert list(audience.live({"in_segment": "by-hand"})) == [inside]
    assert list(audience.live({"not": {"in_segment": "by-hand"}})) == [outside]


def test_leaving_a_list_and_coming_back_are_two_stays():
    somebody = make_customer()
    by_hand = segment("by-hand", None, kind="static")
    audience.add(by_hand, [somebody.pk], at=MONDAY)
    audience.remove(by_hand, somebody.pk, at=MONDAY)

    audience.add(by_hand, [somebody.pk], at=TUESDAY)

    assert Membership.objects.count() == 2
    assert by_hand.member_count == 1


def test_a_segment_in_use_is_not_deleted():
    asked = segment("asked", GERMANS)
    segment("asking", {"any": [{"not": {"in_segment": "asked"}}]})

    with pytest.raises(Refusal, match="Asking"):
        audience.delete(asked)

    assert Segment.objects.filter(pk=asked.pk).exists()


def test_a_rebuild_needs_few_queries_however_many_people(django_assert_max_num_queries):
    for _ in range(30):
        make_customer(country="Germany")
    germans = segment("germans", GERMANS)

    with django_assert_max_num_queries(22):
        audience.rebuild(germans, at=MONDAY)

    assert germans.member_count == 30
