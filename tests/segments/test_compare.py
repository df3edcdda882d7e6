"""Segments beside each other, and a segment as it was on a day."""

from __future__ import annotations

import itertools
from datetime import UTC, date, datetime, timedelta

import pytest
from django.utils import timezone

from crm.models import Business, Interaction
from segments import audience
from segments.features import aside
from segments.membership import hand, overlap, past
from segments.models import CustomerFeatures, Membership, Segment
from segments.rules.parsing import parse
from segments.rules.preview import reads
from tests.people import make_customer, make_purchase, make_refund

pytestmark = pytest.mark.django_db
JUNE = datetime(2026, 6, 15, 12, tzinfo=UTC)


def lists(*members):
    """Lists kept by hand called a, b, c with these people."""
    made = []
    for slug, people in zip("abc", members, strict=False):
        one = Segment.objects.create(slug=slug, name=slug.upper(), kind="static")
        audience.add(one, [person.pk for person in people], at=JUNE)
        made.append(one)
    return made


def test_every_region_of_three_is_counted_once_and_its_rule_finds_it(django_assert_num_queries):
    everybody = [make_customer() for _ in range(24)]
    inside = list(itertools.product([False, True], repeat=3)) * 3
    chosen = lists(*[[p for p, at in zip(everybody, inside, strict=True) if at[n]] for n in range(3)])
    left = next(p for p, at in zip(everybody, inside, strict=True) if at == (True, True, True))
    audience.remove(chosen[0], left.pk, at=JUNE)

    with django_assert_num_queries(1):
        found = overlap.between(chosen)

    assert {one.inside: one.count for one in found.regions} == {
        (True, True, True): 2, (True, True, False): 3, (True, False, True): 3, (False, True, True): 4,
        (True, False, False): 3, (False, True, False): 3, (False, False, True): 3,
    }  # fmt: skip
    assert [audience.live(one.rule).count() for one in found.regions] == [one.count for one in found.regions]
    assert [(total, round(share, 3)) for _one, total, share in found.totals] == [
        (11, 0.182),
        (12, 0.167),
        (12, 0.167),
    ]
    assert found.title == "2 of 11 in “A” are in the other two as well (18%)"
    assert [one.label for one in found.regions][:2] == ["“A” and “B” and “C”", "“A” and “B”, not the third"]


def test_the_page_compares_two_and_offers_each_part_as_a_segment(staff_client):
    one, two, three = (make_customer() for _ in range(3))
    lists([one, two], [two, three])

    empty = staff_client.get("/segments/compare/?a=a")
    page = staff_client.get("/segments/compare/?a=a&b=b").text
    twice = staff_client.get("/segments/compare/?a=a&b=a")
    unknown = staff_client.get("/segments/compare/?a=a&b=nowhere")

    assert "Choose two or three segments." in empty.text
    assert "1 of 2 in “A” are in the other as well (50%)" in page
    assert "Only “B”" in page
    assert page.count("Make a segment") == 3
    assert twice.status_code == unknown.status_code == 422
    assert "Choose another one: this is there already." in twice.text
    link = next(part for part in page.split('"') if part.startswith("/segments/new/?rule="))
    assert (
        "Is in the segment “A” and is in the segment “B”."
        in staff_client.get(link.replace("&amp;", "&")).text
    )


def test_a_segment_on_a_day_uses_nothing_that_came_later(staff_client):
    then, later = make_customer(created_on="2026-01-01"), make_customer(created_on="2026-01-01")
    for person in (then, later):
        make_purchase(person, at=JUNE - timedelta(days=20))
    make_purchase(then, at=JUNE)
    rule = {"all": [{"field": "orders", "op": ">=", "value": 2}]}
    segment = Segment.objects.create(slug="twice", name="Twice", rule=rule)
    Membership.objects.create(
        segment=segment, customer=then, entered_at=JUNE, left_at=JUNE + timedelta(days=2)
    )

    def seen():
        by_rule = past.by_rule(segment, JUNE.date(), Business.current())
        return set(audience.members_on(segment, JUNE.date(), Business.current())), by_rule

    before = seen()
    sale = make_purchase(later, at=JUNE + timedelta(days=1))
    make_refund(sale, 20, at=JUNE + timedelta(days=1))
    make_refund(then.purchases.latest("bought_at"), 20, at=JUNE + timedelta(days=1))
    Interaction.objects.create(
        customer=later, kind="answer", subject="s", number=1, at=JUNE + timedelta(days=1), source="t", key="1"
    )
    hand.put_in(segment, [later.pk], by=None, at=timezone.now())
    CustomerFeatures.objects.create(customer=later, as_of=date(2026, 7, 1), orders=9)
    after = seen()

    assert before == after == ({then}, past.ByRule(count=1, both=1, only_rule=0, only_then=0))
    page = staff_client.get("/segments/s/twice/day/?on=2026-06-15").text
    answer = staff_client.get(
        "/segments/s/twice/day/rule/?on=2026-06-15", headers={"HX-Request": "true"}
    ).text
    assert then.name in page
    assert later.name not in page
    assert "finds <strong>1</strong> customer by what had happened until the end of 15 Jun 2026" in answer
    assert CustomerFeatures.objects.get().orders == 9


def test_days_that_cannot_be_are_refused_at_the_field(staff_client):
    Segment.objects.create(slug="a", name="A", kind="static")

    future = staff_client.get("/segments/s/a/day/?on=2999-01-01")
    nonsense = staff_client.get("/segments/s/a/day/?on=yesterday")

    assert future.status_code == nonsense.status_code == 422
    assert "This day is still to come." in future.text


def test_only_what_a_rule_reads_is_worked_out_for_a_past_day():
    bought = {"did": "purchase"}
    wanted = {
        str(reads(parse(rule)))
        for rule in (bought, {"any": [bought, {"field": "orders", "op": ">", "value": 1}]})
    }

    assert reads(parse({"not": bought})).features is False
    assert len(wanted) == 2
    scored = reads(
        parse({"all": [bought, {"not": {"field": "rfm.group", "op": "is", "value": "champions"}}]})
    )
    assert scored.scores == {"rfm"}
    assert reads(parse({"any": [{"field": "clv", "op": ">", "value": 1}, bought]})).scores == {"value"}
    assert reads(parse({"field": "cluster", "op": "is", "value": "x"})).scores == {"clusters"}
    assert reads(parse({"field": "country", "op": "is", "value": "x"})).features is False


def test_the_one_score_that_is_read_is_as_when_all_are_worked_out(shop):
    day = date(2026, 3, 1)
    for place in range(30):
        buyer = make_customer()
        for turn in range(1 + place % 4):
            make_purchase(buyer, 10 + place, at=datetime(2026, 1, 5 + place % 20 + turn, 12, tzinfo=UTC))
    columns = {"rfm": ["rfm_group", "rfm_recency"], "value": ["clv", "next_from", "expected_orders"]}

    with aside(day, business=shop):
        everything = {
            name: list(CustomerFeatures.objects.order_by("pk").values_list(*columns[name]))
            for name in columns
        }

    for name in columns:
        with aside(day, business=shop, scores=[name]):
            alone = list(CustomerFeatures.objects.order_by("pk").values_list(*columns[name]))
        assert alone == everything[name]
        assert any(row[-1] for row in alone)
